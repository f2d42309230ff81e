import Messages

/// The address of an executor's connection: its gateway, and the gateway's number for the connection.
struct SessionRef: Hashable, Sendable {
    let gateway: Incarnation
    let number: UInt64
}

/// An executor: its session and its slots. It outlives its session, since its attempts do.
struct Worker: Sendable, Equatable {
    /// An executor's open connection.
    struct Session: Sendable, Equatable {
        let ref: SessionRef
        let generation: UInt64
        /// Whether the executor has sent a report in this session, or the time for it is over.
        var isReported: Bool
    }

    /// The open session.
    var session: Session?
    /// The newest generation seen; a session of an older one is refused.
    var generation: UInt64 = 0
    /// When a session was last open.
    var lastSeen: Timestamp?
    var slots = WorkerSlots(total: 0)

    /// Whether messages can reach it.
    var isConnected: Bool { session != nil }
    /// Whether it has a free slot that can be assigned now.
    var isReady: Bool { session?.isReported == true && slots.free > 0 }
    /// Whether it can be forgotten: it never had a session and no attempt uses a slot.
    var isUnused: Bool { session == nil && generation == 0 && slots.used == 0 }
}
