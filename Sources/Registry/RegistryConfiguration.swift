/// The settings of a registry.
public struct RegistryConfiguration: Sendable, Equatable {
    /// Where it listens: `tcp://HOST:PORT` (port 0 = a free one), `ipc://PATH` or `inproc://NAME`.
    public var bind: String
    /// The directory of `registry.db`, made with mode 0700 when it is missing. One registry at a time may use it.
    public var dataDirectory: String
    /// How many devices a user may have; a registration of a further one is refused.
    public var userDevices: Int
    /// After a start, how long a device without a session is `unknown` and not yet `offline`; changed by tests only.
    var startGrace = RegistryLimits.startGrace

    public init(bind: String, dataDirectory: String, userDevices: Int = 1000) {
        self.bind = bind
        self.userDevices = userDevices
        self.dataDirectory = dataDirectory
    }
}
