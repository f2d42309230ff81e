import Dispatch
import Launch
import Messages

/// Runs password hashes off every event loop and off the cooperative pool, ``atOnce`` at a time: each takes 32 MiB and
/// a tenth of a second of a core.
struct PasswordWorkers: Sendable {
    /// Two cores' worth.
    static let atOnce = 2
    /// Callers that may wait; at a tenth of a second each, the last one waits three seconds.
    static let waiting = 64

    private let semaphore = AsyncSemaphore(atOnce, maxWaiting: waiting)

    /// - Throws: ``Fault`` `rate_limited` when too many callers wait, or what `work` throws.
    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        do {
            return try await semaphore.withPermit {
                try await withCheckedThrowingContinuation { continuation in
                    DispatchQueue.global(qos: .userInitiated).async {
                        continuation.resume(with: Result { try work() })
                    }
                }
            }
        } catch is AsyncSemaphore.Full {
            throw Fault(.rateLimited, "too many logins at this moment; try again in a few seconds")
        }
    }
}
