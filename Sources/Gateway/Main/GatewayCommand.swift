import ArgumentParser
import Gateway
import Launch
import Logging
import Mesh
import Messages

/// Runs the gateway.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-gateway", abstract: "The edge of Wegent Mesh: HTTP, WebSockets, accounts and tokens.",
        discussion: """
            Examples:
              wegent-gateway --registry tcp://127.0.0.1:7401 --data /var/lib/wegent/gateway
              wegent-gateway --registry tcp://127.0.0.1:7401 --http 0.0.0.0:443 --data DIR --tls-cert C --tls-key K
              wegent-gateway user add ada --data /var/lib/wegent/gateway
              wegent-gateway user --help
            """, version: GatewayServer.version)

    @Option(help: "Where the registry listens (or WEGENT_REGISTRY).") var registry: String?
    @Option(help: "HOST:PORT to listen on (or WEGENT_HTTP). Default: 127.0.0.1:8787") var http: String?
    @Option(help: "The directory of gateway.db (or WEGENT_DATA).") var data: String?
    @Option(help: "A PEM file with the certificate chain (or WEGENT_TLS_CERT).") var tlsCert: String?
    @Option(help: "A PEM file with its key (or WEGENT_TLS_KEY).") var tlsKey: String?
    @OptionGroup var log: LogArguments

    func run() async throws {
        Launch.prepare(try log.options())
        let setting = Setting.process
        guard let registry = try setting.value(registry, "WEGENT_REGISTRY") else {
            throw ValidationError("say where the registry listens: --registry ENDPOINT or WEGENT_REGISTRY")
        }
        guard let data = try setting.value(data, "WEGENT_DATA") else {
            throw ValidationError("say where the data is kept: --data DIR or WEGENT_DATA")
        }
        let address = try Address(try setting.value(http, "WEGENT_HTTP") ?? "127.0.0.1:8787")
        let configuration = GatewayConfiguration(
            registry: registry, host: address.host, port: address.port, dataDirectory: data,
            tlsCertificate: try setting.value(tlsCert, "WEGENT_TLS_CERT"),
            tlsKey: try setting.value(tlsKey, "WEGENT_TLS_KEY"))
        let reactor = Reactor()
        let logger = Logger(label: "gateway")
        let server = GatewayServer(configuration, reactor: reactor, logger: logger)
        try await Launch.run(
            [Announced(server: server, address: address, tls: tlsCert != nil, logger: logger)], logger: logger)
        await reactor.shutdown()
    }
}
