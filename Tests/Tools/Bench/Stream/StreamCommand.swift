import ArgumentParser
import TestClient
import TestCluster

/// `wegent-bench stream`: from an agent's write to the viewer, through four processes.
struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Measures events from the agent's write to the viewer: latency, rate and cost.",
        discussion: """
            Runs four services as processes on this machine, a shell task with `wegent-bench emit` and a viewer over \
            server-sent events. Each event is in the executor's spool file and committed by the dispatcher before the \
            viewer receives it. Agent and viewer share the processor with the services.

              wegent-bench stream --count 500 --lines 200000
            """)

    @Option(help: "Lines per latency measurement.")
    var count = 500

    @Option(help: "Lines written at full speed.")
    var lines = 200_000

    func validate() throws {
        guard (1...1_000_000).contains(count), (1...10_000_000).contains(lines) else {
            throw ValidationError("--count must be 1 to 1000000, --lines 1 to 10000000")
        }
    }

    func run() async throws {
        let (count, lines) = (count, lines)
        try await Bench.cluster("the streams are measured", within: .seconds(180)) { cluster in
            _ = try await StreamRun.measure(cluster, "--count 50 --interval-ms 5")
            Report.line("from the agent's own timestamp of a line to its arrival at the viewer; milliseconds")
            Report.line(Quantiles.heading("lines"))
            let slow = try await StreamRun.measure(cluster, "--count \(count) --interval-ms 10", latencies: true)
            Report.line(Quantiles(slow.record.latencies).row("\(count), one every 10 ms"))
            let busy = try await StreamRun.measure(cluster, "--count \(count * 4) --interval-ms 1", latencies: true)
            Report.line(Quantiles(busy.record.latencies).row("\(count * 4), one every ms"))
            Report.line("")
            let apart = try await StreamRun.measure(cluster, "--count \(lines / 4) --apart")
            Report.line(
                "\(lines / 4) lines, each written and read on its own (a pipe in packet mode), at full speed")
            apart.report(joins: false)
            Report.line("")
            let merged = try await StreamRun.measure(cluster, "--count \(lines)")
            Report.line(
                "\(lines) lines, each written on its own into an ordinary pipe, which joins unread writes")
            merged.report(joins: true)
        }
    }
}
