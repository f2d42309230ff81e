import Messages

/// What a ``TaskStore`` could not do.
public struct TaskStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why; open for more.
    public enum Kind: Sendable {
        /// Another process leads now.
        case notLeader
        /// The store cannot be reached, and whether the commit took effect is unknown. The caller drops what it decided
        /// and loads everything again before its next commit.
        case unreachable
        /// More work is waiting than the store allows.
        case overloaded
        /// The disk, or the allowed size of the store, is full.
        case diskFull
        /// The store does not allow writing.
        case readOnly
        /// Another process holds the lock.
        case locked
        /// The store is damaged; it was left as it is.
        case corrupt
        /// The store cannot be opened or made.
        case cannotOpen
        /// The store was written by a newer version of this program.
        case tooNew
        /// The store was closed before.
        case closed
        /// The caller's task was cancelled.
        case cancelled
        /// A page's cursor is not one of this store.
        case invalidCursor
        /// The store refused a statement, such as for a constraint: an error of this program.
        case rejected
        case other
    }
    public let kind: Kind
    /// A sentence with the path, the problem and what to do.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension TaskStoreError {
    /// The reply to a failed read.
    var readFault: Fault {
        switch kind {
        case .notLeader: Fault(.notLeader, description)
        case .invalidCursor: Fault(.invalidRequest, description)
        case .closed, .cancelled, .rejected:
            Fault(.storageFailed, "the task store cannot be read; try again later")
        default: Fault(.storageFailed, description)
        }
    }

    /// The reply to a failed change.
    var writeFault: Fault {
        switch kind {
        case .notLeader: Fault(.notLeader, description)
        case .unreachable:
            Fault(
                .storageFailed,
                "whether the change was stored is unknown: \(description); check the task before you repeat it")
        case .closed, .cancelled, .rejected: Self.refused
        default: Fault(.storageFailed, "nothing was changed: \(description)")
        }
    }

    /// The reply when the reason would not help the caller.
    static let refused = Fault(
        .storageFailed, "the task store refused the write and nothing was changed; try again later")
}
