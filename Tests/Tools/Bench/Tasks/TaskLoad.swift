import TestClient
import TestCluster

/// Clients that each run one task after the other.
struct TaskLoad: Sendable {
    /// Tasks per second, from the first request to the last end.
    var rate: Double
    var cost: ServiceCost
    /// Milliseconds from each task's request to its answer.
    var accepted: [Double] = []
    /// Milliseconds from each task's request to its end at the viewer.
    var ended: [Double] = []

    static func measure(_ cluster: Cluster, count: Int, clients: Int) async throws -> TaskLoad {
        let api = cluster.api
        let before = ServiceCost(of: cluster)
        let start = ContinuousClock.now
        var times: [(accepted: Double, ended: Double)] = []
        try await withThrowingTaskGroup(of: [(accepted: Double, ended: Double)].self) { group in
            for client in 0..<clients {
                let share = count / clients + (client < count % clients ? 1 : 0)
                group.addTask {
                    var own: [(accepted: Double, ended: Double)] = []
                    for _ in 0..<share { own.append(try await one(api)) }
                    return own
                }
            }
            for try await own in group { times += own }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        return TaskLoad(
            rate: Double(count) / seconds, cost: ServiceCost(of: cluster).since(before),
            accepted: times.map(\.accepted), ended: times.map(\.ended))
    }

    private static func one(_ api: API) async throws -> (accepted: Double, ended: Double) {
        let start = ContinuousClock.now
        let task = try await api.submit("true", target: "executor")
        let accepted = Report.ms(start.duration(to: .now))
        let record = try await StreamViewer(api, task: task["id"].string ?? "").end()
        return (accepted, record.endedAt.map { Report.ms($0 - start) } ?? .nan)
    }
}
