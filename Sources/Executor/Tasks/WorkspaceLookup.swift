import Dispatch
import Messages
import Synchronization

/// Looks for tasks' directories on threads of their own: a network mount that is dead holds whoever asks for it, and
/// leases, acks and the other tasks must go on meanwhile.
final class WorkspaceLookup: Sendable {
    /// What a look has found, once it has.
    private final class Answer: Sendable {
        let result = Mutex<Result<String, any Error>?>(nil)
        let given = Occurrence()
    }

    private let queue = DispatchQueue(label: "workspace-lookup", attributes: .concurrent)
    private let patience: Double
    private let open = Mutex(0)

    /// - Parameter patience: seconds that a look may take.
    init(patience: Double = ExecutorLimits.lookup) { self.patience = patience }

    /// What `look` says of `place`.
    /// - Throws: what it throws; ``Fault`` with code `cwd_not_allowed` when it does not say anything in time, or when too
    ///   many have not yet.
    func directory(_ place: String, _ look: @escaping @Sendable () throws -> String) async throws -> String {
        let silent = Fault(
            .cwdNotAllowed, "the directory \(place.prefix(500)), or one that this device allows, does not answer")
        guard enter() else { throw silent }
        let answer = Answer()
        queue.async {
            let result = Result { try look() }
            answer.result.withLock { $0 = result }
            self.open.withLock { $0 -= 1 }
            answer.given.happen()
        }
        guard await answer.given.wait(within: patience), let result = answer.result.withLock({ $0 }) else {
            throw silent
        }
        return try result.get()
    }

    private func enter() -> Bool {
        open.withLock { open in
            guard open < ExecutorLimits.lookups else { return false }
            open += 1
            return true
        }
    }
}
