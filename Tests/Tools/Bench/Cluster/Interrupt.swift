import Dispatch
import Foundation

/// Ctrl-C in the middle of a measurement: what was started is ended first.
enum Interrupt {
    /// Runs `body`, and cancels it at SIGINT or SIGTERM.
    /// - Throws: ``Interrupted`` then, else what `body` throws.
    static func ends(_ body: @escaping @Sendable () async throws -> Void) async throws {
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
            // Sources of Dispatch may be cancelled from any thread; their type does not say so.
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

/// A person wants it to end.
struct Interrupted: Error, CustomStringConvertible {
    let description = "interrupted"
}
