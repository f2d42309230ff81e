import Messages

/// How a gateway is set up.
public struct GatewayConfiguration: Sendable {
    /// Where the registry listens: `tcp://HOST:PORT`, `ipc://PATH` or `inproc://NAME`.
    public var registry: String
    /// The address to listen on. Default: 127.0.0.1, this machine only.
    public var host: String
    /// The port to listen on; 0 = a free one. Default: 8787.
    public var port: Int
    /// Where `gateway.db` is.
    public var dataDirectory: String
    /// For people, in the logs of other services. Default: "gateway".
    public var name: String
    /// A PEM file with the certificate chain; with ``tlsKey`` the port speaks HTTPS only.
    public var tlsCertificate: String?
    /// A PEM file with the certificate's private key.
    public var tlsKey: String?
    /// How long a stop waits for requests that are under way. Default: 5 s.
    public var drain: Duration = GatewayLimits.stop
    /// A WebSocket without a sign of life for this long is dead; it is pinged three times as often. Default: 15 s.
    public var silence: Duration {
        get { tuning.silence }
        set {
            tuning.silence = newValue
            tuning.ping = newValue / 3
        }
    }
    /// What only tests set otherwise.
    var tuning = GatewayTuning()

    public init(
        registry: String, host: String = "127.0.0.1", port: Int = 8787, dataDirectory: String,
        name: String = "gateway", tlsCertificate: String? = nil, tlsKey: String? = nil
    ) {
        self.registry = registry
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
        self.name = name
        self.tlsCertificate = tlsCertificate
        self.tlsKey = tlsKey
    }
}
