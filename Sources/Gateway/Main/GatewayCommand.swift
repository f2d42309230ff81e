import ArgumentParser
import Gateway
import Launch
import Logging
import Mesh
import Messages

/// Runs the gateway.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-gateway", abstract: "The edge of the mesh: HTTP, WebSockets, accounts and tokens.",
        discussion: """
            Finds the dispatchers through the registry. When it serves requests, it prints one line, such as
            {"url":"http://127.0.0.1:8787"}.

            EXAMPLES
              wegent-gateway --data /var/lib/wegent/gateway
              wegent-gateway --http 0.0.0.0:443 --data DIR --tls-cert C --tls-key K
              wegent-gateway --registry tcp://10.0.0.2:7401 --mesh-key gateway.key --mesh-allow allow --data DIR
              wegent-gateway user add ada --data /var/lib/wegent/gateway
              wegent-gateway user --help
            """, version: Product.version)

    @Option(help: "The registry's endpoint (or WEGENT_REGISTRY). Default: ipc:// in a directory of its user")
    var registry: String?

    @Option(help: "HOST:PORT to listen on, 0 = a free port (or WEGENT_HTTP). Default: 127.0.0.1:8787")
    var http: String?

    @Option(help: "The directory of gateway.db, created if missing (or WEGENT_DATA). Default: ./data")
    var data: String?

    @Option(help: "A PEM file with the certificate chain; serves HTTPS only (or WEGENT_TLS_CERT).")
    var tlsCert: String?

    @Option(help: "A PEM file with its private key (or WEGENT_TLS_KEY).")
    var tlsKey: String?

    @Option(
        help: """
            Seconds of silence after which a WebSocket is closed, 1 to 3600 (or WEGENT_SILENCE_S). Default: 15
            """)
    var silenceS: Int?

    @Option(
        help: "Seconds that a stop waits for requests in flight, 0 to 600 (or WEGENT_DRAIN_S). Default: 5")
    var drainS: Int?

    @Option(
        help: """
            The most connections of one address that are no WebSockets, 0 = no limit (or WEGENT_ADDRESS_CONNECTIONS). \
            Default: 1024
            """)
    var addressConnections: Int?

    @OptionGroup(title: "Protection of the mesh") var mesh: MeshArguments
    @OptionGroup(title: "Logging") var log: LogArguments

    func run() async throws {
        Launch.prepare(try log.options())
        let setting = Setting.process
        let address = try Address(try setting.value(http, "WEGENT_HTTP") ?? "127.0.0.1:8787")
        var configuration = GatewayConfiguration(
            registry: try setting.value(registry, "WEGENT_REGISTRY") ?? MeshArguments.endpoint("registry"),
            host: address.host, port: address.port, dataDirectory: try setting.value(data, "WEGENT_DATA") ?? "data",
            tlsCertificate: try setting.value(tlsCert, "WEGENT_TLS_CERT"),
            tlsKey: try setting.value(tlsKey, "WEGENT_TLS_KEY"))
        let silence = try setting.value(silenceS, "WEGENT_SILENCE_S") ?? 15
        let drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? 5
        guard (1...3600).contains(silence), (0...600).contains(drain) else {
            throw ValidationError("--silence-s is 1 to 3600 and --drain-s 0 to 600 seconds")
        }
        let connections = try setting.value(addressConnections, "WEGENT_ADDRESS_CONNECTIONS") ?? 1024
        guard (0...1_000_000).contains(connections) else {
            throw ValidationError("--address-connections is 0 to 1000000")
        }
        configuration.addressConnections = connections
        configuration.silence = .seconds(silence)
        configuration.drain = .seconds(drain)
        let logger = Logger(label: "gateway")
        let security = try mesh.resolve { values in
            let security = try MeshSecurity.load(
                key: values.key, allow: values.allow,
                plain: values.isPlain ? .anywhere : values.isLoopbackPlain ? .loopback : .nowhere, role: .gateway,
                logger: logger)
            try security.check(configuration.registry)
            return security
        }
        let reactor = Reactor(security: security)
        let server = GatewayServer(configuration, reactor: reactor, logger: logger)
        let scheme = configuration.tlsCertificate == nil ? "http" : "https"
        let serving = Serving(logger: logger) {
            try await server.start()
            return ["url": "\(scheme)://\(address.reachableHost):\(server.port)"]
        } stop: {
            await server.stop()
        }
        try await Launch.run([serving], within: .seconds(2 * drain + 3), logger: logger)
        await reactor.shutdown()
    }
}
