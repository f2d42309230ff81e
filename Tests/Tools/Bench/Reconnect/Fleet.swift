import TestClient
import TestCluster
import TestSupport

/// Simulated devices, all registered.
struct Fleet: Sendable {
    let count: Int
    let cluster: Cluster
    let roster: DeviceRoster
    /// Registrations per second when all devices dial at once.
    let rate: Double
    /// Resident memory of the gateway per device, in bytes.
    let memory: Double

    /// The recovery after a kill of the gateway, in milliseconds.
    struct Recovery {
        /// From the kill until the gateway accepted connections again.
        var ready: Double
        /// From then until each device was registered again.
        var devices: [Double]
        /// The number of failed attempts to connect.
        var failures: Int
    }

    /// Runs `body` with `count` devices and disconnects them at its end.
    static func with(_ count: Int, _ cluster: Cluster, _ body: @escaping @Sendable (Fleet) async throws -> Void)
        async throws
    {
        let port = cluster.api.url.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let token = try await cluster.api.createToken("fleet")
        let roster = DeviceRoster()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            let before = resident(cluster)
            let start = ContinuousClock.now
            for number in 1...count {
                group.addTask { await SimulatedDevice(number: number, port: port, token: token, roster: roster).run() }
            }
            try await waitForAll(count, roster)
            let seconds = ((roster.times.max() ?? .now) - start) / .seconds(1)
            // Includes the first pings and reports in the cost of an idle device.
            try await Task.sleep(for: .seconds(6))
            let memory = (resident(cluster) - before) / Double(count)
            let fleet = Fleet(
                count: count, cluster: cluster, roster: roster, rate: Double(count) / seconds, memory: memory)
            try await body(fleet)
        }
    }

    /// Returns the share of a core that the gateway uses for heartbeats alone.
    func idleShare(for duration: Duration) async throws -> Double {
        guard let pid = cluster.service("gateway")?.process.pid else { return .nan }
        let (before, start) = (ProcessFigures.cpu(pid), ContinuousClock.now)
        try await Task.sleep(for: duration)
        return (ProcessFigures.cpu(pid) - before) / (start.duration(to: .now) / .seconds(1))
    }

    /// Kills the gateway, restarts it after `pause` and waits for all devices.
    func restart(after pause: Duration) async throws -> Recovery {
        let failures = roster.failures
        let start = ContinuousClock.now
        try await cluster.kill("gateway")
        try await eventually("every device has lost its connection") { roster.count == 0 }
        try await Task.sleep(for: pause)
        try await cluster.restart("gateway")
        let restarted = ContinuousClock.now
        try await Self.waitForAll(count, roster)
        return Recovery(
            ready: Report.ms(restarted - start), devices: roster.times.map { Report.ms($0 - restarted) },
            failures: roster.failures - failures)
    }

    private static func waitForAll(_ count: Int, _ roster: DeviceRoster) async throws {
        do {
            try await eventually("all devices are registered", within: .seconds(60 + count / 50)) {
                roster.count == count
            }
        } catch is Overdue {
            throw Unfit(
                "\(roster.count) of \(count) devices are registered, \(roster.failures) attempts to connect failed")
        }
    }

    private static func resident(_ cluster: Cluster) -> Double {
        cluster.service("gateway").map { ProcessFigures.resident($0.process.pid) } ?? .nan
    }
}
