import Logging
import Mesh
import Messages
import TestSupport

@testable import Dispatcher

/// A dispatcher over the real mesh and a real store, with a registry and a gateway that play along.
final class Rig: Sendable {
    let reactor = Reactor(name: "rig")
    let folder: TemporaryDirectory
    let time = ManualClock()
    /// The time of the lease in the store: it stands still when a test lets the other one pass.
    let leaseTime = ManualClock()
    let registry: FakeRegistry
    let server: DispatcherServer
    let gateway: FakeGateway

    /// - Parameters:
    ///   - ticking: whether time passes by itself.
    ///   - start: how many seconds have passed already.
    init(
        folder: TemporaryDirectory? = nil, devices: [Device] = [Sample.device("box", star: true)], graceS: Double = 30,
        ticking: Bool = false, at start: Double = 0, retentionDays: Double = 0
    ) async throws {
        time.advance(start)
        let folder = try folder ?? TemporaryDirectory()
        self.folder = folder
        registry = try await FakeRegistry(reactor, devices: devices)
        let configuration = DispatcherConfiguration(
            registry: registry.endpoint, bind: "inproc://dispatcher-\(BootID.generate())",
            dataDirectory: folder.file("data"), graceS: graceS, retentionDays: retentionDays)
        server = DispatcherServer(
            configuration, reactor: reactor, clock: ticking ? .system : time.clock(lease: leaseTime),
            isTicking: ticking,
            logger: Self.logger)
        try await Self.start(server, time)
        gateway = FakeGateway(server.endpoint, reactor)
        _ = try await gateway.link.connected()
    }

    /// Time passes while it starts: on a busy machine its first words to the registry may need a second try.
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

    /// Lets time pass.
    func pass(_ seconds: Double) async {
        time.advance(seconds)
        await server.tick()
    }

    /// Lets time pass up to a moment: the clock moves a little while a rig starts, more on a busy machine.
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
        ticking: Bool = false, at start: Double = 0, retentionDays: Double = 0,
        _ body: @escaping @Sendable (Rig) async throws -> Void
    ) async throws {
        let rig = try await Rig(
            folder: folder, devices: devices, graceS: graceS, ticking: ticking, at: start,
            retentionDays: retentionDays)
        do { try await deadline("the test", .seconds(60)) { try await body(rig) } } catch {
            await rig.stop()
            throw error
        }
        await rig.stop()
    }
}
