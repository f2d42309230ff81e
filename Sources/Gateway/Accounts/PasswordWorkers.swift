import Dispatch
import Messages

/// Runs password hashes off every event loop and off the cooperative pool, a few at a time: each takes 32 MiB
/// and a tenth of a second of a core.
actor PasswordWorkers {
    /// Two cores' worth.
    static let atOnce = 2
    /// Callers that may wait for their turn; at a tenth of a second each the last one waits three seconds.
    static let waiting = 64

    private var running = 0
    private var queue: [CheckedContinuation<Void, Never>] = []

    /// - Throws: ``Fault`` `rate_limited` when too many wait already, or what `work` throws.
    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        if running < Self.atOnce {
            running += 1
        } else {
            guard queue.count < Self.waiting else {
                throw Fault(.rateLimited, "too many people log in at this moment; try again in a few seconds")
            }
            // The one that ends hands its place on, so `running` stays as it is.
            await withCheckedContinuation { queue.append($0) }
        }
        defer { leave() }
        return try await withCheckedThrowingContinuation { caller in
            DispatchQueue.global(qos: .userInitiated).async { caller.resume(with: Result { try work() }) }
        }
    }

    private func leave() {
        if queue.isEmpty { running -= 1 } else { queue.removeFirst().resume() }
    }
}
