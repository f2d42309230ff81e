import ArgumentParser
import Launch
import Logging
import Mesh
import Messages
import Registry

/// Runs the registry.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-registry",
        abstract: "Keeps the devices, their status, and the leader of each partition.",
        discussion: """
            Every other service is started with this endpoint and finds the others through it. Once it serves, it
            prints one line, such as {"endpoint":"ipc:///run/user/1000/wegent/registry"}.

            EXAMPLES
              wegent-registry --data /var/lib/wegent
              wegent-registry --bind ipc:///run/wegent/registry --data ./data --log-format json
              wegent-registry --bind tcp://10.0.0.2:7401 --mesh-key registry.key --mesh-allow allow
              wegent-registry keygen --help
            """,
        version: Product.version)

    @Option(
        help: """
            Where it listens: ipc://PATH, or tcp://HOST:PORT (0 = a free port) with keys (or WEGENT_REGISTRY_BIND). \
            Default: ipc:// in a directory of its user
            """)
    var bind: String?

    @Option(help: "The directory of registry.db, made when missing (or WEGENT_DATA). Default: ./data")
    var data: String?

    @Option(
        help: ArgumentHelp(
            "How many devices a user may have, 1 to 100000 (or WEGENT_USER_DEVICES). Default: 1000", valueName: "number"
        ))
    var userDevices: Int?

    @OptionGroup(title: "Protection of the mesh") var mesh: MeshArguments
    @OptionGroup(title: "Logging") var log: LogArguments

    func run() async throws {
        Launch.prepare(try log.options())
        let logger = Logger(label: "registry")
        let configuration = RegistryConfiguration(
            bind: try Setting.process.value(bind, "WEGENT_REGISTRY_BIND") ?? MeshArguments.endpoint("registry"),
            dataDirectory: try Setting.process.value(data, "WEGENT_DATA") ?? "data",
            userDevices: try Setting.process.value(userDevices, "WEGENT_USER_DEVICES") ?? 1000)
        guard (1...100_000).contains(configuration.userDevices) else {
            throw Misconfiguration(Fault(.invalidRequest, "--user-devices must be 1 to 100000"))
        }
        let security = try mesh.resolve { values in
            let security = try MeshSecurity.load(
                key: values.key, allow: values.allow,
                plain: values.isPlain ? .anywhere : values.isLoopbackPlain ? .loopback : .nowhere, role: .registry,
                logger: logger)
            try security.check(configuration.bind)
            return security
        }
        let reactor = Reactor(security: security)
        let server = RegistryServer(configuration, reactor: reactor, logger: logger)
        let serving = Serving(logger: logger) {
            try await server.start()
            return ["endpoint": server.endpoint]
        } stop: {
            await server.stop()
        }
        try await Launch.run([serving], logger: logger)
        await reactor.shutdown()
    }
}
