import Dispatch
import Launch
import Messages
import Synchronization

/// Looks up tasks' directories on threads of its own: a dead network mount blocks the thread that touches it, and
/// leases, acks and other tasks must go on meanwhile.
final class WorkspaceLookup: Sendable {
    /// What a lookup has found.
    private final class Answer: Sendable {
        let result = Mutex<Result<String, any Error>?>(nil)
        let isThere = OneShotEvent()
    }

    private let queue = DispatchQueue(label: "workspace-lookup", attributes: .concurrent)
    private let timeout: Double
    private let threads = AsyncSemaphore(ExecutorLimits.lookups)

    /// - Parameter timeout: seconds that a lookup may take.
    init(timeout: Double = ExecutorLimits.lookup) { self.timeout = timeout }

    /// Returns what `look` returns for `place`.
    /// - Throws: what it throws; ``Fault`` with code `cwd_not_allowed` when it does not return in time, or when
    ///   ``ExecutorLimits/lookups`` others have not returned yet.
    func directory(_ place: String, _ look: @escaping @Sendable () throws -> String) async throws -> String {
        let silent = Fault(
            .cwdNotAllowed, "the directory \(place.prefix(500)), or one that this device allows, does not answer")
        guard threads.tryAcquire() else { throw silent }
        let answer = Answer()
        queue.async {
            let result = Result { try look() }
            answer.result.withLock { $0 = result }
            self.threads.release()
            answer.isThere.fire()
        }
        guard await answer.isThere.wait(within: timeout), let result = answer.result.withLock({ $0 }) else {
            throw silent
        }
        return try result.get()
    }
}
