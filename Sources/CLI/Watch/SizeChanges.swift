import Dispatch
import Messages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Passes the size of this terminal on to a task that has one, when it starts and whenever it changes (SIGWINCH).
final class SizeChanges: Sendable {
    /// How long a size waits that the gateway refuses, since the task does not run yet, or does not get.
    private static let pause: Duration = .seconds(1)

    private let changes: AsyncStream<Void>
    private let source: Mutex<any DispatchSourceSignal>

    init() {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        let source = DispatchSource.makeSignalSource(signal: SIGWINCH)
        source.setEventHandler { continuation.yield() }
        source.setCancelHandler { continuation.finish() }
        source.resume()
        self.source = Mutex(source)
    }

    deinit { source.withLock { $0.cancel() } }

    /// Sends each size until cancelled.
    func pass(on task: TaskView, _ gateway: GatewayClient) async {
        var sent = task.terminal
        for await _ in changes {
            while !Task.isCancelled, let size = TerminalSize.current, size != sent {
                do {
                    try await gateway.resize(task.id, size)
                    sent = size
                } catch let error as GatewayError where error.code != .conflict && !error.isTemporary {
                    // A gateway without sizes, or the task is gone.
                    return
                } catch { try? await Task.sleep(for: Self.pause) }
            }
        }
    }
}
