import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ctrl-C as a stream instead of the end of the process, for as long as it is held.
final class Interrupts: Sendable {
    /// An element for each Ctrl-C; two wait at most, more would say nothing new.
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
