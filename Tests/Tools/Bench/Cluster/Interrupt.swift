import Dispatch
import Foundation

/// Ctrl-C during a measurement: the started processes are ended first.
enum Interrupt {
    /// Runs `body` and cancels it on SIGINT or SIGTERM.
    /// - Throws: ``Interrupted`` after a signal, else what `body` throws.
    static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals() { throw Interrupted() }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func signals() -> AsyncStream<Void> {
        AsyncStream { source in
            // Dispatch sources are thread-safe, but not declared Sendable.
            nonisolated(unsafe) let watched = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let watch = DispatchSource.makeSignalSource(signal: number, queue: .global())
                watch.setEventHandler { source.yield() }
                watch.activate()
                return watch
            }
            source.onTermination = { _ in
                for watch in watched { watch.cancel() }
                for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
            }
        }
    }
}

/// The measurement was interrupted by a signal.
struct Interrupted: Error, CustomStringConvertible {
    let description = "interrupted"
}
