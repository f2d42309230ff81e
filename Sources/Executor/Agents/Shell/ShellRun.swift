import Messages
import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A command line that runs: its two outputs are streamed as they come, its status decides.
final class ShellRun: AgentRun {
    /// The end that was asked for, as it goes on; nil = nobody has asked.
    private final class Stop: Sendable {
        private let task = Mutex<Task<Void, Never>?>(nil)

        var isRequested: Bool { task.withLock { $0 != nil } }

        /// Ends the child, once.
        func request(_ child: Child, grace: Double) {
            task.withLock { task in
                task = task ?? Task.detached { await child.end(grace: grace) }
            }
        }

        /// Waits for it, when it was asked for.
        func wait() async { await task.withLock { $0 }?.value }
    }

    private let child: Child
    private let stop = Stop()
    private let end: Task<Outcome, Never>

    init(child: Child, sink: any TurnSink, linger: Double, script: String?) {
        self.child = child
        end = Task.detached { [stop] in
            let status = await Self.follow(child, sink, linger, stop)
            if let script { try? FileManager.default.removeItem(atPath: script) }
            return Self.outcome(of: status)
        }
    }

    /// How long what a command leaves behind has between the polite signal and the kill.
    private static let politeness = 0.5
    /// How long a process that has left the group may hold the outputs open once everything else is gone.
    private static let patience = 5.0

    /// Reads both outputs to their ends. Background children of the shell get as long as `linger` says to write after
    /// its end; then what is left of the task is ended, wherever it went: a task leaves no process behind.
    private static func follow(
        _ child: Child, _ sink: any TurnSink, _ linger: Double, _ stop: Stop
    ) async -> ExitStatus {
        let read = Occurrence()
        let readers = Task.detached {
            async let output: Void = Self.read(child.output, sink, meta: nil)
            async let errors: Void = Self.read(child.errors, sink, meta: #"{"stream":"stderr"}"#)
            _ = await (output, errors)
            read.happen()
        }
        let status = await child.wait()
        var done = await read.wait(within: linger)
        // Pipes are only closed on a writer when nobody of the group is left who could have written.
        await stop.wait()
        if await !child.end(grace: politeness) {
            await sink.emit([.log("error", "some of the command's processes cannot be ended", source: "shell")])
        }
        if !done { done = await read.wait(within: patience) }
        // What is in the pipes is the task's, however long a machine without time takes to read it.
        var end = ContinuousClock.now + .seconds(ExecutorLimits.starvation)
        while !done {
            // A spool that is full is nobody's fault here: what is in the pipes can wait.
            if await sink.isPaused { end = .now + .seconds(ExecutorLimits.starvation) }
            guard await sink.isPaused || (child.hasUnread && ContinuousClock.now < end) else { break }
            done = await read.wait(within: 0.1)
        }
        if !done { child.closeStreams() }
        await readers.value
        return status
    }

    private static func read(_ stream: Child.Stream, _ sink: any TurnSink, meta: String?) async {
        var splitter = TextSplitter()
        try? await stream.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                await sink.emit(splitter.feed(Array(buffer: buffer)).map { .chunk(.agentMessageChunk, $0, meta: meta) })
            }
        }
        await sink.emit(splitter.finish().map { .chunk(.agentMessageChunk, $0, meta: meta) })
    }

    private static func outcome(of status: ExitStatus) -> Outcome {
        guard status != .exited(0) else { return Outcome(state: .completed, fault: nil, exitCode: 0) }
        return .failed(.exitStatus, "the command \(status.sentence)", exitCode: status.code)
    }

    func outcome() async -> Outcome {
        var outcome = await end.value
        // What a command says about its own end by signal is not the verdict of somebody who was stopped.
        if stop.isRequested {
            outcome = Outcome(state: .cancelled, fault: nil, exitCode: outcome.exitCode)
        }
        return outcome
    }

    func stop(grace: Double) async { stop.request(child, grace: grace) }
}
