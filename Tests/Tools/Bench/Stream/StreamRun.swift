import TestClient
import TestCluster

/// One task's output at one viewer, with its cost.
struct StreamRun {
    let record: OutputRecord
    let cost: ServiceCost

    /// Runs `wegent-bench emit` with these flags as a task and follows it to its end.
    static func measure(
        _ cluster: Cluster, _ flags: String, latencies: Bool = false
    ) async throws -> StreamRun {
        let before = ServiceCost(of: cluster)
        let task = try await cluster.api.submit("exec \(Bench.program) emit \(flags)", target: "executor")
        let viewer = StreamViewer(cluster.api, task: task["id"].string ?? "", latencies: latencies)
        let record = try await viewer.end(within: .seconds(120))
        return StreamRun(record: record, cost: ServiceCost(of: cluster).since(before))
    }

    /// Prints rates and cost.
    /// - Parameter joins: Whether the pipe may join writes; the cost is then per line.
    func report(joins: Bool) {
        guard let first = record.first, let last = record.last else { return }
        let seconds = max(first.duration(to: last) / .seconds(1), 1e-9)
        Report.figure(
            "distinct events (one write each) at the viewer", Double(record.single) / seconds, "a second",
            aim: joins ? nil : "50,000")
        Report.figure("events with output, joined ones too", Double(record.events) / seconds, "a second")
        Report.figure("lines", Double(record.lines) / seconds, "a second", aim: "10,000 without loss")
        Report.figure("output", Double(record.bytes) / seconds / 1e6, "MB/s")
        Report.figure(
            "writes joined to one event, on average", Double(record.lines) / Double(max(1, record.events)), "")
        if joins {
            cost.report(per: Double(record.lines) / 1000, "ms/1,000 lines")
        } else {
            cost.report(per: Double(record.events) / 1000, "ms/1,000 events", aim: "30")
        }
    }
}
