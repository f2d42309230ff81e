import Messages
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A running command line: its outputs are streamed as they come; its exit status is the outcome.
final class ShellRun: AgentRun {
    /// The stop of the command; nil = none was asked for.
    private final class Stop: Sendable {
        private let task = Mutex<Task<Void, Never>?>(nil)

        var isRequested: Bool { task.withLock { $0 != nil } }

        /// Ends the child, once.
        func request(_ child: Child, grace: Double) {
            task.withLock { task in
                task = task ?? Task.detached { await child.end(grace: grace) }
            }
        }

        /// Waits for the end of the stop, where one was asked for.
        func wait() async { await task.withLock { $0 }?.value }
    }

    private let child: Child
    private let stop = Stop()
    private let end: Task<TurnOutcome, Never>

    init(child: Child, sink: any TurnSink, linger: Double, script: String?) {
        self.child = child
        end = Task.detached { [stop] in
            let status = await Self.follow(child, sink, linger, stop)
            if let script { try? FileManager.default.removeItem(atPath: script) }
            return Self.outcome(of: status)
        }
    }

    /// Reads both outputs to their ends. Background children of the shell may write for `linger` seconds after its end;
    /// then every process that the task has left is ended.
    private static func follow(
        _ child: Child, _ sink: any TurnSink, _ linger: Double, _ stop: Stop
    ) async -> ExitStatus {
        let follower = ChildFollower(
            child: child, output: { await read($0, sink, meta: nil) },
            errors: { await read($0, sink, meta: PayloadMeta(stream: "stderr")) },
            isPaused: { await sink.isPaused })
        let (status, isGone) = await follower.run { read in
            _ = await read.wait(within: linger)
            await stop.wait()
        }
        if !isGone {
            await sink.emit([.log("error", "some of the command's processes cannot be ended", source: "shell")])
        }
        return status
    }

    private static func read(_ stream: Child.Stream, _ sink: any TurnSink, meta: PayloadMeta?) async {
        var events = OutputEvents(.agentMessageChunk, meta: meta)
        await stream.readAll { await sink.emit(events.feed($0)) }
        await sink.emit(events.finish())
    }

    private static func outcome(of status: ExitStatus) -> TurnOutcome {
        guard status != .exited(0) else { return TurnOutcome(state: .completed, fault: nil, exitCode: 0) }
        return .failed(.exitStatus, "the command \(status.summary)", exitCode: status.code)
    }

    func outcome() async -> TurnOutcome {
        var outcome = await end.value
        // The exit status of a stopped command does not matter.
        if stop.isRequested {
            outcome = TurnOutcome(state: .cancelled, fault: nil, exitCode: outcome.exitCode)
        }
        return outcome
    }

    func stop(grace: Double) async { stop.request(child, grace: grace) }

    func resize(_ size: TerminalSize) async { child.resize(size) }
}
