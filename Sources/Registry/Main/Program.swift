import ArgumentParser
import Launch
import Logging
import Mesh
import Messages
import Registry

/// `wegent-registry`.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-registry",
        abstract: "Keeps the devices, their status, and the leader of each partition.",
        discussion: """
            Every other service is started with this endpoint and finds the others through it. Once it serves, it
            prints one line, such as {"endpoint":"tcp://127.0.0.1:7401"}.

            EXAMPLES
              wegent-registry --data /var/lib/wegent
              wegent-registry --bind tcp://127.0.0.1:0 --data ./data --log-format json
            """,
        version: Product.version)

    @Option(help: "Where it listens: tcp://HOST:PORT (0 = a free port) or ipc://PATH (or WEGENT_REGISTRY_BIND).")
    var bind: String?

    @Option(help: "The directory of registry.db, made when missing (or WEGENT_DATA). Default: ./data")
    var data: String?

    @Option(
        help: ArgumentHelp(
            "How many devices a user may have, 1 to 100000 (or WEGENT_USER_DEVICES). Default: 1000", valueName: "number"
        ))
    var userDevices: Int?

    @OptionGroup(title: "Logging") var log: LogArguments

    static func main() async { await Launch.command(Self.self, name: "wegent-registry") }

    func run() async {
        do {
            Launch.prepare(try log.options())
            let logger = Logger(label: "registry")
            let configuration = RegistryConfiguration(
                bind: try Setting.process.value(bind, "WEGENT_REGISTRY_BIND") ?? RegistryConfiguration.defaultBind,
                dataDirectory: try Setting.process.value(data, "WEGENT_DATA") ?? "data",
                userDevices: try Setting.process.value(userDevices, "WEGENT_USER_DEVICES") ?? 1000)
            guard (1...100_000).contains(configuration.userDevices) else {
                throw Misconfiguration(Fault(.invalidRequest, "--user-devices must be 1 to 100000"))
            }
            let reactor = Reactor()
            let server = RegistryServer(configuration, reactor: reactor, logger: logger)
            let serving = Serving(logger: logger) {
                try await server.start()
                return ["endpoint": server.endpoint]
            } stop: {
                await server.stop()
            }
            try await Launch.run([serving], logger: logger)
            await reactor.shutdown()
        } catch {
            Launch.fail(error, name: "wegent-registry")
        }
    }
}
