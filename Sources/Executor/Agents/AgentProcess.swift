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

/// A child that is written to and writes lines, with one reader; a ``ChildFollower`` brings it to its end. Shared by all
/// agents that speak a protocol over their standard streams.
final class AgentProcess: Sendable {
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
        let follower = ChildFollower(
            child: child, output: { await self.readOutput($0, reader) }, errors: { await self.readErrors($0) },
            isPaused: { await reader.isPaused })
        let status = await follower.run { _ in await reader.ending() }.status
        await reader.exited(status, errors: errors.withLock { String(decoding: $0, as: UTF8.self) })
    }

    private func readOutput(_ stream: Child.Stream, _ reader: any AgentReader) async {
        var lines = LineSplitter()
        await stream.readAll { bytes in
            let skipped = lines.skipped
            await reader.read(lines.feed(bytes))
            if lines.skipped > skipped { await reader.dropped() }
        }
        if let rest = lines.finish() { await reader.read([rest]) }
    }

    private func readErrors(_ stream: Child.Stream) async {
        await stream.readAll { bytes in
            errors.withLock { $0 = Array(($0 + bytes.suffix(Self.errorsKept)).suffix(Self.errorsKept)) }
        }
    }
}
