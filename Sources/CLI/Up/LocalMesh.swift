import Dispatcher
import Executor
import Gateway
import Launch
import Logging
import Mesh
import Registry

/// Registry, dispatcher, gateway and executor in this process, on one reactor. The services talk over `inproc`, with the
/// same messages as between processes.
actor LocalMesh {
    private let settings: UpSettings
    private let logger: Logger
    private let reaper: ChildReaper
    private let reactor = Reactor()
    private var registry: RegistryServer?
    private var dispatcher: DispatcherServer?
    private var gateway: GatewayServer?
    private var executor: ExecutorServer?

    init(_ settings: UpSettings, reaper: ChildReaper, logger: Logger) {
        self.settings = settings
        self.reaper = reaper
        self.logger = logger
    }

    /// Starts registry, dispatcher and gateway.
    /// - Returns: The gateway's port and its accounts.
    /// - Throws: What the first failing service throws.
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
        guard let accounts = gateway.accounts else { throw CommandError("the gateway was stopped during its start") }
        return (gateway.port, accounts)
    }

    /// Registers this machine as a device over the gateway's WebSocket, like any other device.
    /// - Returns: The device's id.
    func startExecutor(_ configuration: ExecutorConfiguration) async throws -> String? {
        let executor = ExecutorServer(configuration, logger: named("executor"))
        self.executor = executor
        reaper.register(executor)
        try await executor.start()
        return executor.device?.device
    }

    /// Stops the services in the reverse order of their start. Idempotent.
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
