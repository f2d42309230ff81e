import Launch
import Logging
import Messages
import ServiceLifecycle
import Synchronization

/// The executor of one machine as a service, in a process of its own or inside another program's.
public final class ExecutorServer: Service {
    private struct State {
        var service: ExecutorService?
        var registered: DeviceRegistered?
        var fault: Fault?
        var continuations: [CheckedContinuation<Void, Never>] = []
        var isOver = false
    }

    private let configuration: ExecutorConfiguration
    private let logger: Logger
    private let onRegistered: @Sendable (DeviceRegistered) -> Void
    private let state = Mutex(State())
    private let children = LiveChildren()

    /// Opens no file and no connection before ``start()``.
    /// - Parameter onRegistered: called once, when the device is registered for the first time.
    public init(
        _ configuration: ExecutorConfiguration, logger: Logger,
        onRegistered: @escaping @Sendable (DeviceRegistered) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onRegistered = onRegistered
    }

    /// This device as the registry knows it; nil before ``start()`` has returned.
    public var device: DeviceRegistered? { state.withLock { $0.registered } }

    /// Returns once the device is registered. While the server cannot be reached it retries, and logs each failure.
    /// - Throws: ``Misconfiguration`` when address or token are wrong, or when the server refuses this device and waiting does
    ///   not help; ``Fault`` when another setting is wrong or the home is in use.
    public func start() async throws {
        try configuration.validate()
        // Once tasks have used up the system's processes, no thread can be started.
        _ = (ProcessThreads.spawns, ProcessThreads.searches, Reaper.shared)
        if let problem = UserHome(configuration.environment).problem {
            logger.warning("the user's home cannot be used", metadata: ["why": "\(problem)"])
        }
        let service = try await makeService()
        state.withLock { $0.service = service }
        try await service.start()
        let registered = try await service.registered()
        state.withLock { $0.registered = registered }
        onRegistered(registered)
    }

    private func makeService() async throws -> ExecutorService {
        let home = try ExecutorHome(configuration.home)
        let times = configuration.times
        let identity = try DeviceIdentity.load(
            configured: configuration.deviceID, name: configuration.name, home: home)
        let agents = AgentRegistry.drivers(
            AgentSurroundings(configuration: configuration, home: home, children: children))
        let address = try LinkAddress(configuration.backendURL)
        let dialer = WebSocketDialer(
            address: address, token: try BearerToken.read(configuration.token),
            renewToken: configuration.renewToken,
            proxy: try WebSocketDialer.proxy(for: address, environment: configuration.environment),
            version: Product.version,
            times: times)
        let workspaces = Workspaces(root: home.workspaces, allowed: configuration.allowDirs)
        let parts = ExecutorService.Parts(
            identity: identity, identityIsFixed: configuration.deviceID != nil, children: children, home: home,
            backend: address.authority, dialer: dialer,
            agents: agents, workspaces: workspaces, allowedDirs: await workspaces.announced(),
            rules: PermissionRules(directory: home.permissions),
            slots: configuration.slots, spoolBound: configuration.spoolBound, times: times, version: Product.version)
        return ExecutorService(parts, logger: logger) { [weak self] fault in self?.end(fault) }
    }

    /// Drains for ``ExecutorTimes/drain`` seconds, stops what still runs, sends the last events and hangs up, within
    /// ``ExecutorTimes/longestStop``. Safe to call twice.
    public func stop() async {
        await state.withLock { $0.service }?.stop()
        end(nil)
    }

    /// Starts, runs until the process is asked to stop, and stops.
    public func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await self.start() } } catch is CancellationError {
            return await stop()
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await self.ended()
        } onCancelOrGracefulShutdown: {
            self.end(nil)
        }
        let fault = state.withLock { $0.fault }
        await stop()
        if let fault { throw fault }
    }

    /// Prepares this process for children, before its first task: starts the threads that find and collect them, and
    /// makes it the parent of its descendants' orphans, which it collects. Only for a program whose children are all
    /// started by an executor.
    public static func adoptOrphans() { Reaper.shared.adoptOrphans() }

    /// Kills every process that was started here, without waiting: for a program that exits without ``stop()``. Nothing
    /// can be started afterwards, and children of this program that the executor did not start die too.
    public func killChildren() { children.killAll(wholeProcess: true) }

    private func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.continuations.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func end(_ fault: Fault?) {
        let continuations = state.withLock { state in
            state.isOver = true
            state.fault = state.fault ?? fault
            defer { state.continuations = [] }
            return state.continuations
        }
        for continuation in continuations { continuation.resume() }
    }
}
