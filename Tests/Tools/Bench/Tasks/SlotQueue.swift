import Messages
import TestClient
import TestCluster
import TestSupport

/// The queue of a device with one slot: filled while a task uses the slot, then drained.
struct SlotQueue: Sendable {
    /// Tasks accepted per second while the slot is in use.
    var rate: Double
    /// Milliseconds from the end of each task to the start of the next one's process.
    var gaps: [Double]

    static func measure(_ cluster: Cluster, count: Int, clients: Int) async throws -> SlotQueue {
        let barrier = try TaskBarrier(in: cluster.directory)
        let first = try await cluster.api.submit(barrier.command, target: "executor")
        try await cluster.api.watch(first["id"].string ?? "").text("started")
        let start = ContinuousClock.now
        let ids = try await fill(cluster.api, count, clients)
        let seconds = start.duration(to: .now) / .seconds(1)
        barrier.release()
        try await eventually("the queue is empty", within: .seconds(120)) {
            // The queue is first in, first out, but the order of the last concurrent submissions is unknown.
            for id in ids.suffix(clients) where try await cluster.api.task(id)["ended_at"].string == nil {
                return false
            }
            return true
        }
        return SlotQueue(rate: Double(count) / seconds, gaps: try await gaps(cluster.api, ids))
    }

    private static func fill(_ api: API, _ count: Int, _ clients: Int) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            var ids: [String] = []
            for number in 0..<count {
                if number >= clients, let id = try await group.next() { ids.append(id) }
                group.addTask { try await api.submit("exec date +%s%N", target: "executor")["id"].string ?? "" }
            }
            for try await id in group { ids.append(id) }
            return ids
        }
    }

    private static func gaps(_ api: API, _ ids: [String]) async throws -> [Double] {
        var runs: [(start: Double, end: Double)] = []
        for id in ids {
            let events = try await api.page(id).items
            let text = events.map(\.text).joined().split(separator: "\n").first ?? ""
            guard let stamp = Int64(text), let last = events.last, last.isTerminal, let end = Timestamp(last.time)
            else {
                throw Malformed(description: "no time or no end in \(events)")
            }
            runs.append((Double(stamp) / 1e6, Double(end.milliseconds)))
        }
        runs.sort { $0.start < $1.start }
        return zip(runs, runs.dropFirst()).map { $1.start - $0.end }
    }
}
