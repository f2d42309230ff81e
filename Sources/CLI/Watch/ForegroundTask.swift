import ArgumentParser
import Messages

/// The common part of `run` and `retry`: follow the new task and exit with its result.
enum ForegroundTask {
    /// - Parameters:
    ///   - interrupts: Ctrl-C, which cancels the task; nil = it ends this process.
    ///   - seq: Show the events after this one; 0 = all.
    ///   - sizes: Changes of this terminal's size, which the task's terminal follows; nil = it does not.
    /// - Throws: `ExitCode` when the task did not complete; what ``TaskWatch`` throws.
    static func show(
        _ task: TaskView, _ gateway: GatewayClient, json: Bool, interrupts: Interrupts?, after seq: UInt64 = 0,
        sizes: SizeChanges? = nil
    ) async throws {
        let terminal = Terminal.current
        let watch = TaskWatch(
            gateway: gateway, task: task, display: json ? nil : TaskDisplay(terminal),
            keyboard: json || !terminal.isLive ? nil : Keyboard(), after: seq, sizes: sizes)
        if !json, !terminal.isLive, task.state == .queued, let reason = task.reason {
            Output.notice("task \(task.id) is queued: \(reason.sentence)")
        }
        let end = try await watch.run(interrupts: interrupts)
        if let reason = end.reason { Output.notice("error: task \(task.id) failed: \(reason)") }
        if end.state == .cancelled { Output.notice("task \(task.id) was cancelled") }
        guard end.exitCode == 0 else { throw ExitCode(end.exitCode) }
    }
}
