import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Wraps our ends of a child's streams in channels of the event loops, which then own them.
enum ChildChannels {
    private typealias Wrap = @Sendable (any Channel) -> EventLoopFuture<Child.Stream>

    /// - Throws: what the event loop throws; then every end is closed.
    static func open(_ streams: ChildStreams) async throws -> (output: Child.Stream, errors: Child.Stream) {
        var streams = streams
        // One loop for each child. Were its two streams to take one each, the outputs of all children would share every other
        // loop, and on two cores one loop would read all of them.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let errors: Child.Stream
        do {
            errors = try await streams.errors < 0 ? empty(loop) : stream(loop, reading: streams.errors, writing: -1)
            streams.releaseErrors()
        } catch {
            streams.closeOurs()
            throw error
        }
        do {
            return (try await stream(loop, reading: streams.output, writing: streams.input), errors)
        } catch {
            errors.channel.close(promise: nil)
            streams.closeOurs()
            throw error
        }
    }

    private static let wrap: Wrap = { channel in
        channel.eventLoop.makeCompletedFuture {
            try Child.Stream(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    private static func stream(
        _ loop: any EventLoop, reading: Int32, writing: Int32
    ) async throws -> Child.Stream {
        let bootstrap = NIOPipeBootstrap(group: loop)
        guard writing >= 0 else {
            return try await bootstrap.takingOwnershipOfDescriptor(input: reading, channelInitializer: wrap)
        }
        return try await bootstrap.takingOwnershipOfDescriptors(
            input: reading, output: writing, channelInitializer: wrap)
    }

    /// A stream that is at its end.
    private static func empty(_ loop: any EventLoop) async throws -> Child.Stream {
        let pipe = try PipeEnds()
        close(pipe.write)
        do {
            let stream = try await stream(loop, reading: pipe.read, writing: -1)
            try? await stream.channel.close().get()
            return stream
        } catch {
            close(pipe.read)
            throw error
        }
    }
}
