import Logging
import Mesh
import Messages
import TestSupport

@testable import Dispatcher

/// A dispatcher over the real mesh and a real store, with a scripted registry and a scripted gateway.
final class Rig: Sendable {
    let reactor = Reactor(name: "rig")
    let folder: TemporaryDirectory
    let time = ManualClock()
    /// The clock of the lease in the store; it does not move with `time`.
    let leaseTime = ManualClock()
    let registry: ScriptedRegistry
    let server: DispatcherServer
    let gateway: ScriptedGateway

    /// - Parameters:
    ///   - ticking: Whether time passes by itself.
    ///   - start: How many seconds have passed already.
    init(
        folder: TemporaryDirectory? = nil, devices: [Device] = [Sample.device("box", star: true)], graceS: Double = 30,
        ticking: Bool = false, at start: Double = 0, retentionDays: Double = 0, taskLogMB: Int = 1024,
        userLogMB: Int = 0
    ) async throws {
        time.advance(start)
        let folder = try folder ?? TemporaryDirectory()
        self.folder = folder
        registry = try await ScriptedRegistry(reactor, devices: devices)
        let configuration = DispatcherConfiguration(
            registry: registry.endpoint, bind: "inproc://dispatcher-\(BootID.generate())",
            dataDirectory: folder.file("data"), graceS: graceS, retentionDays: retentionDays, taskLogMB: taskLogMB,
            userLogMB: userLogMB)
        server = DispatcherServer(
            configuration, reactor: reactor, clock: ticking ? .system : time.clock(lease: leaseTime),
            isTicking: ticking,
            logger: Self.logger)
        try await Self.start(server, time)
        gateway = ScriptedGateway(server.endpoint, reactor)
        _ = try await gateway.link.connected()
    }

    /// Time passes during the start: on a busy machine the first request to the registry may need a second try.
    private static func start(_ server: DispatcherServer, _ time: ManualClock) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(50))
                    time.advance(0.05)
                    await server.tick()
                }
            }
            group.addTask { try await server.start() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static var logger: Logger {
        var logger = Logger(label: "dispatcher")
        logger.logLevel = .critical
        return logger
    }

    /// Moves the clock and passes what is due.
    func pass(_ seconds: Double) async {
        time.advance(seconds)
        await server.tick()
    }

    /// Moves the clock to a moment: it moves a little while a rig starts, more on a busy machine.
    func pass(to moment: Timestamp) async { await pass(max(0, moment.seconds(since: time.now))) }

    func stop() async {
        await gateway.link.close()
        await server.stop()
        await registry.close()
        await reactor.shutdown()
    }

    /// Runs `body` with a dispatcher and stops it afterwards.
    static func run(
        folder: TemporaryDirectory? = nil, devices: [Device] = [Sample.device("box", star: true)], graceS: Double = 30,
        ticking: Bool = false, at start: Double = 0, retentionDays: Double = 0, taskLogMB: Int = 1024,
        userLogMB: Int = 0,
        _ body: @escaping @Sendable (Rig) async throws -> Void
    ) async throws {
        let rig = try await Rig(
            folder: folder, devices: devices, graceS: graceS, ticking: ticking, at: start,
            retentionDays: retentionDays, taskLogMB: taskLogMB, userLogMB: userLogMB)
        do { try await deadline("the test", .seconds(60)) { try await body(rig) } } catch {
            await rig.stop()
            throw error
        }
        await rig.stop()
    }
}
