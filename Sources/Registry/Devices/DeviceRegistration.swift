import Messages

/// A registration with its generation, until it is on disk.
struct DeviceRegistration: Equatable, Sendable {
    var key: DeviceKey
    var generation: UInt64
    /// The newest generation that the same connection was given before; for a new connection, ``generation``.
    var known: UInt64
    var route: Route
    var boot: BootID
    /// The machine's own name, shown unless the owner has set another.
    var name: String
    var slots: Int
    var version: String
    var agents: [Agent]
    /// The directories that its executor allows; nil = unknown.
    var allowedDirs: [String]?
    var platform: Platform
    var at: Timestamp
}
