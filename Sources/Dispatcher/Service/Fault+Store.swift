import Logging
import Messages

extension Fault {
    /// The answer for a task that its owner does not have.
    static func noTask(_ id: TaskID) -> Fault { Fault(.taskNotFound, "there is no task \(id)") }

    /// Returns the answer to a failed read, and logs the store's error. A ``Fault`` is returned as it is.
    static func unreadable(_ error: any Error, _ logger: Logger) -> Fault {
        if let fault = error as? Fault { return fault }
        let storeError = error as? TaskStoreError ?? TaskStoreError(.rejected, "\(error)")
        if storeError.kind != .invalidCursor {
            logger.error("the task store could not be read", metadata: ["error": "\(error)"])
        }
        return storeError.readFault
    }

    /// Returns the answer to a failed change. A ``Fault`` is returned as it is.
    static func unwritten(_ error: any Error) -> Fault {
        error as? Fault ?? (error as? TaskStoreError)?.writeFault ?? TaskStoreError.refused
    }
}

/// Returns whether the store refused an operation because another process leads.
func isNotLeader(_ error: any Error) -> Bool { (error as? TaskStoreError)?.kind == .notLeader }

/// Returns whether the store refused a statement for its values, such as for a constraint: another task's may pass.
func isRefusal(_ error: any Error) -> Bool { (error as? TaskStoreError)?.kind == .rejected }
