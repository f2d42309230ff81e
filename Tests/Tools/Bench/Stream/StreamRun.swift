import TestClient
import TestCluster

/// One task's output at one viewer, and what it cost.
struct StreamRun {
    let seen: Seen
    let cost: ServiceCost

    /// Runs `wegent-bench emit` with these flags as a task and watches it to its end.
    static func measure(
        _ cluster: Cluster, _ flags: String, latencies: Bool = false
    ) async throws -> StreamRun {
        let before = ServiceCost(of: cluster)
        let task = try await cluster.api.submit("exec \(Bench.program) emit \(flags)", target: "executor")
        let viewer = StreamViewer(cluster.api, task: task["id"].string ?? "", latencies: latencies)
        let seen = try await viewer.end(within: .seconds(120))
        return StreamRun(seen: seen, cost: ServiceCost(of: cluster).since(before))
    }

    /// Prints rates and cost.
    /// - Parameter joins: Whether the pipe may join writes; the cost is then told for lines.
    func tell(joins: Bool) {
        guard let first = seen.first, let last = seen.last else { return }
        let seconds = max(first.duration(to: last) / .seconds(1), 1e-9)
        Report.figure(
            "distinct events (one write each) at the viewer", Double(seen.single) / seconds, "a second",
            aim: joins ? nil : "50,000")
        Report.figure("events with output, joined ones too", Double(seen.events) / seconds, "a second")
        Report.figure("lines", Double(seen.lines) / seconds, "a second", aim: "10,000 without loss")
        Report.figure("output", Double(seen.bytes) / seconds / 1e6, "MB/s")
        Report.figure("writes joined to one event, on average", Double(seen.lines) / Double(max(1, seen.events)), "")
        if joins {
            cost.tell(per: Double(seen.lines) / 1000, "ms/1,000 lines")
        } else {
            cost.tell(per: Double(seen.events) / 1000, "ms/1,000 events", aim: "30")
        }
    }
}
