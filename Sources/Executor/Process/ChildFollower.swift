import NIOCore

/// Follows a child to its end: reads its outputs, ends what it has left behind, and reads what was written until then.
/// Shared by all agents.
struct ChildFollower: Sendable {
    /// Reads a stream to its end.
    typealias Read = @Sendable (Child.Stream) async -> Void

    /// Seconds between SIGTERM and SIGKILL for what a child has left behind.
    private static let leftoverGrace = 0.5
    /// Seconds to read what was written before the end, once nothing is left that could write more.
    private static let readTimeout = 5.0

    let child: Child
    let output: Read
    let errors: Read
    /// Whether no more can be taken at present, so that reading may take long.
    let isPaused: @Sendable () async -> Bool

    /// Returns when the child and everything that it has started is gone and its outputs were read, and whether something
    /// is left that cannot be ended.
    /// - Parameter atExit: what happens between the end of the child itself and that of what it has left behind; gets the
    ///   event that its outputs were read to their ends.
    func run(atExit: (OneShotEvent) async -> Void) async -> (status: ExitStatus, isGone: Bool) {
        let read = OneShotEvent()
        let readers = Task.detached {
            async let output: Void = output(child.output)
            async let errors: Void = errors(child.errors)
            _ = await (output, errors)
            read.fire()
        }
        let status = await exit()
        await atExit(read)
        // What it left behind would hold its outputs open, and must be gone before its turn is over.
        let isGone = await child.end(grace: Self.leftoverGrace)
        await drain(read)
        await readers.value
        return (status, isGone)
    }

    private func exit() async -> ExitStatus {
        let input = Task.detached { await child.endTerminalInput() }
        defer { input.cancel() }
        return await child.wait()
    }

    /// Waits until everything was read: data in the pipes belongs to the turn, however long a busy machine or a reader that
    /// is paused takes.
    private func drain(_ read: OneShotEvent) async {
        var last = ContinuousClock.now + .seconds(ExecutorLimits.pipeDrain)
        while await !read.wait(within: Self.readTimeout) {
            if await isPaused() {
                last = .now + .seconds(ExecutorLimits.pipeDrain)
            } else if !child.hasUnread || ContinuousClock.now >= last {
                return child.closeStreams()
            }
        }
    }
}

extension NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    /// Reads to the end and closes the channel. While `take` is suspended nothing more is read.
    func readAll(_ take: ([UInt8]) async -> Void) async {
        try? await executeThenClose { inbound, _ in
            for try await buffer in inbound { await take(Array(buffer: buffer)) }
        }
    }
}
