import Messages

/// A gateway's configuration.
public struct GatewayConfiguration: Sendable {
    /// The registry's endpoint: `tcp://HOST:PORT`, `ipc://PATH` or `inproc://NAME`.
    public var registry: String
    /// The address to listen on. Default: 127.0.0.1, this machine only.
    public var host: String
    /// The port to listen on; 0 = a free one. Default: 8787.
    public var port: Int
    /// The directory of `gateway.db`.
    public var dataDirectory: String
    /// The name of this gateway in the logs of other services. Default: "gateway".
    public var name: String
    /// A PEM file with the certificate chain; with ``tlsKey`` the port serves HTTPS only.
    public var tlsCertificate: String?
    /// A PEM file with the certificate's private key.
    public var tlsKey: String?
    /// How long a stop waits for requests in flight. Default: 5 s.
    public var drain: Duration = GatewayLimits.stop
    /// A WebSocket that is silent for this long is lost; pings are three times as frequent. Default: 15 s.
    public var silence: Duration {
        get { tuning.silence }
        set {
            tuning.silence = newValue
            tuning.ping = newValue / 3
        }
    }
    /// The most connections of one address that are no WebSockets; 0 = no limit. Default: 1,024.
    public var addressConnections = GatewayLimits.addressConnections
    /// Times and costs that only tests change.
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
