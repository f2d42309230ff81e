import TestClient
import TestCluster
import TestSupport

/// Simulated devices that are all registered.
struct Fleet: Sendable {
    let count: Int
    let cluster: Cluster
    let roll: DeviceRoll
    /// Registrations a second, when all dialled at once.
    let rate: Double
    /// Resident memory of the gateway for each device, in bytes.
    let memory: Double

    /// What came after the kill, in milliseconds.
    struct Return {
        /// From the kill until the gateway took connections again.
        var ready: Double
        /// From then until each device was registered again.
        var devices: [Double]
        /// How many tries to connect failed.
        var refused: Int
    }

    /// Runs `body` with `count` devices and disconnects them at its end.
    static func with(_ count: Int, _ cluster: Cluster, _ body: @escaping @Sendable (Fleet) async throws -> Void)
        async throws
    {
        let port = cluster.api.url.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let token = try await cluster.api.createToken("fleet")
        let roll = DeviceRoll()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            let before = resident(cluster)
            let start = ContinuousClock.now
            for number in 1...count {
                group.addTask { await SimulatedDevice(number: number, port: port, token: token, roll: roll).run() }
            }
            try await all(count, roll)
            let seconds = ((roll.times.max() ?? .now) - start) / .seconds(1)
            // The first pings and reports are part of what an idle device costs.
            try await Task.sleep(for: .seconds(6))
            let memory = (resident(cluster) - before) / Double(count)
            let fleet = Fleet(
                count: count, cluster: cluster, roll: roll, rate: Double(count) / seconds, memory: memory)
            try await body(fleet)
        }
    }

    /// How much of a core the gateway takes while nothing happens but heartbeats.
    func idleShare(for duration: Duration) async throws -> Double {
        guard let pid = cluster.service("gateway")?.process.pid else { return .nan }
        let (before, start) = (ProcessFigures.cpu(pid), ContinuousClock.now)
        try await Task.sleep(for: duration)
        return (ProcessFigures.cpu(pid) - before) / (start.duration(to: .now) / .seconds(1))
    }

    /// Kills the gateway, starts it again after a while and waits for all devices.
    func restart(after pause: Duration) async throws -> Return {
        let refused = roll.refused
        let start = ContinuousClock.now
        try await cluster.kill("gateway")
        try await eventually("the devices have noticed") { roll.count == 0 }
        try await Task.sleep(for: pause)
        try await cluster.restart("gateway")
        let back = ContinuousClock.now
        try await Self.all(count, roll)
        return Return(
            ready: Report.ms(back - start), devices: roll.times.map { Report.ms($0 - back) },
            refused: roll.refused - refused)
    }

    private static func all(_ count: Int, _ roll: DeviceRoll) async throws {
        do {
            try await eventually("all devices are registered", within: .seconds(60 + count / 50)) {
                roll.count == count
            }
        } catch is Overdue {
            throw Unfit("\(roll.count) of \(count) devices are registered, \(roll.refused) tries to connect failed")
        }
    }

    private static func resident(_ cluster: Cluster) -> Double {
        cluster.service("gateway").map { ProcessFigures.resident($0.process.pid) } ?? .nan
    }
}
