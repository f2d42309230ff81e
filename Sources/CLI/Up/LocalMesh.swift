import Dispatcher
import Executor
import Gateway
import Launch
import Logging
import Mesh
import Registry

/// The services of one machine in this process, on one reactor, over `inproc`. None of them knows.
actor LocalMesh {
    private let settings: UpSettings
    private let logger: Logger
    private let rites: LastRites
    private let reactor = Reactor()
    private var registry: RegistryServer?
    private var dispatcher: DispatcherServer?
    private var gateway: GatewayServer?
    private var executor: ExecutorServer?

    init(_ settings: UpSettings, rites: LastRites, logger: Logger) {
        self.settings = settings
        self.rites = rites
        self.logger = logger
    }

    /// Starts registry, dispatcher and gateway.
    /// - Returns: the port that the gateway listens on, and its accounts.
    /// - Throws: what the first failing service throws.
    func start() async throws -> (port: Int, accounts: Accounts) {
        let registry = RegistryServer(
            RegistryConfiguration(bind: "inproc://registry", dataDirectory: "\(settings.data)/registry"),
            reactor: reactor, logger: named("registry"))
        self.registry = registry
        try await registry.start()
        let dispatcher = DispatcherServer(
            DispatcherConfiguration(
                registry: registry.endpoint, bind: "inproc://dispatcher", dataDirectory: "\(settings.data)/dispatcher",
                approvalS: settings.approvalS, retentionDays: settings.retentionDays),
            reactor: reactor, logger: named("dispatcher"))
        self.dispatcher = dispatcher
        try await dispatcher.start()
        let gateway = GatewayServer(
            GatewayConfiguration(
                registry: registry.endpoint, host: settings.host, port: settings.port,
                dataDirectory: "\(settings.data)/gateway"),
            reactor: reactor, logger: named("gateway"))
        self.gateway = gateway
        try await gateway.start()
        guard let accounts = gateway.accounts else { throw Failure("the gateway was stopped while it started") }
        return (gateway.port, accounts)
    }

    /// Registers this machine over the gateway's WebSocket, as any other device would.
    /// - Returns: the device's id.
    func startExecutor(_ configuration: ExecutorConfiguration) async throws -> String? {
        let executor = ExecutorServer(configuration, logger: named("executor"))
        self.executor = executor
        rites.hold(executor)
        try await executor.start()
        return executor.device?.device
    }

    /// Stops everything, the last one first. Idempotent.
    func stop() async {
        await executor?.stop()
        await gateway?.stop()
        await dispatcher?.stop()
        await registry?.stop()
        await reactor.shutdown()
        (executor, gateway, dispatcher, registry) = (nil, nil, nil, nil)
    }

    private func named(_ label: String) -> Logger {
        var logger = Logger(label: label)
        logger.logLevel = self.logger.logLevel
        return logger
    }
}
