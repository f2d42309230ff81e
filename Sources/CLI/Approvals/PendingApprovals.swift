import Messages

/// The unresolved permission requests of a task, in the order of their arrival. A request is ready to be asked about once
/// it has settled, which it does a short while after its arrival.
struct PendingApprovals: Sendable {
    private var approvals: [ApprovalView] = []
    private var settling: [ApprovalID] = []
    private var ready: [ApprovalID] = []

    /// Adds a request.
    /// - Returns: false when it is present already.
    mutating func add(_ approval: ApprovalView) -> Bool {
        guard !contains(approval.id) else { return false }
        approvals.append(approval)
        settling.append(approval.id)
        return true
    }

    /// Makes a request ready, and all that arrived before it: their timers may fire in any order.
    /// - Returns: false when the request is gone or ready already.
    mutating func settle(_ id: ApprovalID) -> Bool {
        guard let last = settling.firstIndex(of: id) else { return false }
        ready += settling[...last]
        settling.removeSubrange(...last)
        return true
    }

    /// Takes the oldest ready request out of the queue. It stays unresolved until it is removed.
    mutating func next() -> ApprovalView? {
        while let id = ready.first {
            ready.removeFirst()
            if let approval = approvals.first(where: { $0.id == id }) { return approval }
        }
        return nil
    }

    /// Removes a resolved request.
    mutating func remove(_ id: ApprovalID) {
        approvals.removeAll { $0.id == id }
        settling.removeAll { $0 == id }
        ready.removeAll { $0 == id }
    }

    func contains(_ id: ApprovalID) -> Bool { approvals.contains { $0.id == id } }
}
