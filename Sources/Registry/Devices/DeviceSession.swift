import Messages

/// A device's current connection. It is kept in memory only: after a restart of the registry the gateways register it
/// again.
struct DeviceSession: Equatable, Sendable {
    /// Its number; messages with a lower one are stale.
    var generation: UInt64
    /// See ``DeviceRegistration/known``.
    var known: UInt64
    /// Its gateway, and its number there.
    var route: Route
    /// The boot id of the executor's process.
    var boot: BootID
    var connectedAt: Timestamp
    /// Slots in use, as the executor last reported.
    var used: Int
    /// Whether it takes no new work, as the executor last reported.
    var draining = false
}
