import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C (SIGINT) as a stream. While this object exists, SIGINT does not end the process.
final class Interrupts: Sendable {
    /// One element per Ctrl-C. Buffers two, since a third has no further effect.
    let stream: AsyncStream<Void>
    private let source: Mutex<any DispatchSourceSignal>

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(2))
        self.stream = stream
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT)
        source.setEventHandler { continuation.yield() }
        source.setCancelHandler {
            signal(SIGINT, SIG_DFL)
            continuation.finish()
        }
        source.resume()
        self.source = Mutex(source)
    }

    deinit { source.withLock { $0.cancel() } }
}
