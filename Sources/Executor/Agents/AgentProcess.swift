import Messages
import NIOCore
import Synchronization

/// Takes what an ``AgentProcess`` writes. Its calls come one after the other.
protocol AgentReader: AnyObject, Sendable {
    /// Takes whole lines, in order. While it is suspended nothing more is read, so that the pipes fill up and the process
    /// waits.
    func read(_ lines: [[UInt8]]) async
    /// A line was over ``ExecutorLimits/line`` and is dropped.
    func dropped() async
    /// Whether it is suspended for want of room, so that reading may take long.
    var isPaused: Bool { get async }
    /// The process has ended or is about to; not all of its output was read.
    func ending() async
    /// The process and everything that it has started is gone, and its output was read.
    /// - Parameter errors: the end of its standard error.
    func exited(_ status: ExitStatus, errors: String) async
}

/// A child that is written to and writes lines: one reader, a drain with a deadline at its end, and a kill that leaves
/// nothing. Shared by all agents that speak a protocol over their standard streams.
final class AgentProcess: Sendable {
    /// Seconds to read what was written before the end, once nothing is left that could write more.
    private static let readTimeout = 5.0
    /// Seconds between SIGTERM and SIGKILL for what a process has left behind.
    private static let leftoverGrace = 0.5
    /// How much of the standard error is kept, to explain a failure.
    private static let errorsKept = 4096

    let child: Child
    private let errors = Mutex<[UInt8]>([])

    /// Starts a process. Nothing is read before ``follow(_:)``.
    static func start(_ command: Command, in children: LiveChildren) async throws -> AgentProcess {
        AgentProcess(child: try await Child.start(command, input: true, in: children))
    }

    private init(child: Child) { self.child = child }

    /// Gives everything that the process writes to `reader`, which is kept until the process has ended.
    func follow(_ reader: any AgentReader) { Task.detached { await self.run(reader) } }

    /// Writes bytes to its standard input; without effect where it has ended.
    func write(_ bytes: [UInt8]) { child.output.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Ends its standard input.
    func closeInput() { child.output.channel.close(mode: .output, promise: nil) }

    /// Ends it and everything that it has started, by force after `grace` seconds.
    func terminate(grace: Double) async {
        await child.end(grace: grace)
        child.closeStreams()
    }

    /// Ends its input, upon which it should exit; by force after `grace` seconds.
    func shutDown(grace: Double) async {
        closeInput()
        if await !child.isGone(within: grace) { await terminate(grace: grace) }
    }

    /// Ends what it has started outside its own process group.
    /// - Returns: whether nothing is left.
    func endStrays(grace: Double) async -> Bool { await child.endStrays(grace: grace) }

    // MARK: Reading

    private func run(_ reader: any AgentReader) async {
        let read = OneShotEvent()
        let readers = Task.detached {
            async let output: Void = self.readOutput(reader)
            async let errors: Void = self.readErrors()
            _ = await (output, errors)
            read.fire()
        }
        let status = await child.wait()
        await reader.ending()
        // What it left behind would hold its outputs open, and must be gone before its turn is over.
        await child.end(grace: Self.leftoverGrace)
        await drain(read, reader)
        await readers.value
        await reader.exited(status, errors: errors.withLock { String(decoding: $0, as: UTF8.self) })
    }

    /// Waits until everything was read; a machine that is busy and a reader that is paused may take their time.
    private func drain(_ read: OneShotEvent, _ reader: any AgentReader) async {
        var last = ContinuousClock.now + .seconds(ExecutorLimits.pipeDrain)
        while await !read.wait(within: Self.readTimeout) {
            if await reader.isPaused {
                last = .now + .seconds(ExecutorLimits.pipeDrain)
            } else if !child.hasUnread || ContinuousClock.now >= last {
                return child.closeStreams()
            }
        }
    }

    private func readOutput(_ reader: any AgentReader) async {
        var lines = LineSplitter()
        try? await child.output.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                let skipped = lines.skipped
                await reader.read(lines.feed(Array(buffer: buffer)))
                if lines.skipped > skipped { await reader.dropped() }
            }
        }
        if let rest = lines.finish() { await reader.read([rest]) }
    }

    private func readErrors() async {
        try? await child.errors.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                let bytes = Array(buffer: buffer).suffix(Self.errorsKept)
                errors.withLock { $0 = Array(($0 + bytes).suffix(Self.errorsKept)) }
            }
        }
    }
}
