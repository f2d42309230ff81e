import Messages

/// The unresolved permission requests of a task, in the order of their arrival. The stream gives only their ids; a request is
/// read from the gateway once it has settled, which it does a short while after its arrival, and can be asked about then.
struct PendingApprovals: Sendable {
    private var ids: [ApprovalID] = []
    private var settling: [ApprovalID] = []
    private var unread: [ApprovalID] = []
    private var reading: [ApprovalID] = []
    private var ready: [ApprovalView] = []

    /// Adds a request.
    /// - Returns: false when it is present already.
    mutating func add(_ id: ApprovalID) -> Bool {
        guard !contains(id) else { return false }
        ids.append(id)
        settling.append(id)
        return true
    }

    /// Settles a request, and all that arrived before it: their timers may fire in any order.
    /// - Returns: false when the request is gone or settled already.
    mutating func settle(_ id: ApprovalID) -> Bool {
        guard let last = settling.firstIndex(of: id) else { return false }
        unread += settling[...last]
        settling.removeSubrange(...last)
        return true
    }

    /// Begins to read the settled requests from the gateway; false = there is none, or a read is under way.
    mutating func beginReading() -> Bool {
        guard reading.isEmpty, !unread.isEmpty else { return false }
        (reading, unread) = (unread, [])
        return true
    }

    /// Ends a read. A request that the gateway does not have as pending is dropped.
    /// - Parameter found: The pending requests of the task; nil = the read failed and is repeated.
    mutating func endReading(_ found: [ApprovalView]?) {
        let asked = reading
        reading = []
        guard let found else {
            unread = asked + unread
            return
        }
        for id in asked where contains(id) {
            if let approval = found.first(where: { $0.id == id }) { ready.append(approval) } else { remove(id) }
        }
    }

    /// Takes the oldest ready request out of the queue. It stays unresolved until it is removed.
    mutating func next() -> ApprovalView? { ready.isEmpty ? nil : ready.removeFirst() }

    /// Removes a resolved request.
    mutating func remove(_ id: ApprovalID) {
        ids.removeAll { $0 == id }
        settling.removeAll { $0 == id }
        unread.removeAll { $0 == id }
        ready.removeAll { $0.id == id }
    }

    func contains(_ id: ApprovalID) -> Bool { ids.contains(id) }
}
