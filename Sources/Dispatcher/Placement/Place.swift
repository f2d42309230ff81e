import Messages

/// A device as the dispatcher knows it: what the registry says, its session here, and its queue. Also an owner's
/// queue for the cloud, which has neither device nor session.
struct Place: Sendable, Equatable {
    /// What the registry says; nil = it does not know the device (any more).
    var device: Device?
    /// Its open session.
    var session: DeviceSession?
    /// The newest generation that was seen here; an older session is refused.
    var generation: UInt64 = 0
    /// When a session was last open here.
    var lastSeen: Timestamp?
    var queue: DeviceQueue

    /// For people.
    var name: String? { device?.name }
    /// Whether it can be reached.
    var isConnected: Bool { session != nil }
    /// Whether the registry believes that it is connected, though its session has not been opened here (yet).
    var isExpected: Bool { session == nil && device.map { $0.status != .offline } == true }
    /// Whether nothing is known of it and nobody waits for it.
    var isVacant: Bool {
        device == nil && session == nil && queue.waiting.isEmpty && queue.used == 0
    }
}
