import ArgumentParser
import Messages

/// What `run` and `retry` do once there is a task: show it up to its end, and end as it does.
enum WatchedTask {
    /// - Throws: `ExitCode` when the task did not complete.
    static func show(_ task: TaskView, _ backend: Backend, json: Bool, interrupts: Interrupts) async throws {
        let terminal = Terminal.current
        let live = LiveTask(
            backend: backend, task: task, display: json ? nil : Display(terminal),
            keyboard: json || !terminal.isLive ? nil : Keyboard())
        if !json, !terminal.isLive, task.state == .queued, let reason = task.reason {
            Output.notice("task \(task.id) waits: \(reason.sentence)")
        }
        let end = try await live.watch(interrupts: interrupts)
        if let reason = end.reason { Output.notice("error: task \(task.id) failed: \(reason)") }
        if end.state == .cancelled { Output.notice("task \(task.id) was cancelled") }
        guard end.exitCode == 0 else { throw ExitCode(end.exitCode) }
    }
}
