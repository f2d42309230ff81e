import Messages
import NIOCore
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

    /// - Parameter isTerminal: whether the child has a pseudo-terminal.
    init(child: Child, isTerminal: Bool, sink: any TurnSink, linger: Double, script: String?) {
        self.child = child
        let input = isTerminal ? Self.endsOfInput : 0
        end = Task.detached { [stop] in
            let status = await Self.follow(child, input, sink, linger, stop)
            if let script { try? FileManager.default.removeItem(atPath: script) }
            return Self.outcome(of: status)
        }
    }

    /// Seconds between SIGTERM and SIGKILL for processes that a command leaves behind.
    private static let leftoverGrace = 0.5
    /// Seconds that a process outside the group may hold the outputs open once everything else is gone.
    private static let readTimeout = 5.0

    /// Nobody types on the task's terminal: so many reads from it find the end of the input at once.
    private static let endsOfInput = 64

    /// Reads both outputs to their ends. Background children of the shell may write for `linger` seconds after its end;
    /// then every process that the task has left is ended.
    private static func follow(
        _ child: Child, _ endsOfInput: Int, _ sink: any TurnSink, _ linger: Double, _ stop: Stop
    ) async -> ExitStatus {
        let read = OneShotEvent()
        let readers = Task.detached {
            async let output: Void = Self.read(child.output, endsOfInput, sink, meta: nil)
            async let errors: Void = Self.read(child.errors, 0, sink, meta: PayloadMeta(stream: "stderr"))
            _ = await (output, errors)
            read.fire()
        }
        let status = await child.wait()
        var done = await read.wait(within: linger)
        // The pipes are closed only when no process of the group is left that could write.
        await stop.wait()
        if await !child.end(grace: leftoverGrace) {
            await sink.emit([.log("error", "some of the command's processes cannot be ended", source: "shell")])
        }
        if !done { done = await read.wait(within: readTimeout) }
        // Data in the pipes belongs to the task, however long a busy machine takes to read it.
        var end = ContinuousClock.now + .seconds(ExecutorLimits.pipeDrain)
        while !done {
            // A full spool is not the command's fault: data in the pipes can wait.
            if await sink.isPaused { end = .now + .seconds(ExecutorLimits.pipeDrain) }
            guard await sink.isPaused || (child.hasUnread && ContinuousClock.now < end) else { break }
            done = await read.wait(within: 0.1)
        }
        if !done { child.closeStreams() }
        await readers.value
        return status
    }

    private static func read(
        _ stream: Child.Stream, _ endsOfInput: Int, _ sink: any TurnSink, meta: PayloadMeta?
    ) async {
        var events = OutputEvents(.agentMessageChunk, meta: meta)
        try? await stream.executeThenClose { inbound, outbound in
            if endsOfInput > 0 { try? await outbound.write(ByteBuffer(repeating: 0x04, count: endsOfInput)) }
            for try await buffer in inbound {
                await sink.emit(events.feed(Array(buffer: buffer)))
            }
        }
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
