import Messages

/// How a message reaches an executor: the gateway's life and its number for the connection.
struct SessionRef: Hashable, Sendable {
    let gateway: Incarnation
    let number: UInt64
}

/// An executor's open connection, as the leader knows it.
struct DeviceSession: Sendable, Equatable {
    let ref: SessionRef
    let generation: UInt64
    /// Whether the executor has said what it holds, or has had its time to say so.
    var isReported: Bool
}
