import Messages

/// A registration that has its generation and is on its way to the disk.
struct DeviceRegistration: Equatable, Sendable {
    var key: DeviceKey
    var generation: UInt64
    /// The newest generation that this very connection was given before; a new connection's is its present one.
    var known: UInt64
    var route: Route
    var boot: BootID
    /// What the machine calls itself; shown unless its owner calls it otherwise.
    var name: String
    var slots: Int
    var version: String
    var agents: [Agent]
    var platform: Platform
    var at: Timestamp
}
