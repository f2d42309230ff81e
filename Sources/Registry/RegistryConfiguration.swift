/// What a registry is told at its start.
public struct RegistryConfiguration: Sendable, Equatable {
    /// Where it listens when nothing else is said.
    public static let defaultBind = "tcp://127.0.0.1:7401"

    /// `tcp://HOST:PORT` (port 0 = a free one), `ipc://PATH` or `inproc://NAME`.
    public var bind: String
    /// Where `registry.db` is; made with mode 0700 when it is missing. One registry at a time may use it.
    public var dataDirectory: String
    /// How long a device that was not heard of since the start is `unknown` rather than `offline`; for tests.
    var unheard = RegistryLimits.unheard

    public init(bind: String = defaultBind, dataDirectory: String) {
        self.bind = bind
        self.dataDirectory = dataDirectory
    }
}
