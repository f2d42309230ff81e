import Messages

/// A device's present connection, known only in memory: after a restart of the registry the gateways tell again.
struct DeviceSession: Equatable, Sendable {
    /// Its number; what carries a lower one is stale.
    var generation: UInt64
    /// See ``DeviceRegistration/known``.
    var known: UInt64
    /// The gateway that holds it, and its number there.
    var route: Route
    /// The executor's life.
    var boot: BootID
    var connectedAt: Timestamp
    /// Slots in use, as the executor last reported.
    var used: Int
    /// Whether it takes no new work, as the executor last reported.
    var draining = false
}
