import ArgumentParser
import TestClient
import TestCluster
import TestSupport

/// `wegent-bench stalled`: viewers that do not read.
struct StalledCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stalled", abstract: "Measures the cost of viewers that do not read.",
        discussion: """
            A shell task writes at full speed, first with one healthy viewer, then again with stalled viewers beside it: \
            connections that have requested the stream and never read. Resident memory is sampled every 20 ms; its \
            growth is the highest sample minus the value after the first task.

              wegent-bench stalled --viewers 100 --megabytes 64
            """)

    @Option(help: "Number of stalled viewers.")
    var viewers = 100

    @Option(help: "Output of the task, in MB.")
    var megabytes = 64

    /// Bytes of a line.
    private static let width = 100

    func validate() throws {
        guard (1...900).contains(viewers), (1...10_000).contains(megabytes) else {
            throw ValidationError("--viewers must be 1 to 900, --megabytes 1 to 10000")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (viewers, lines) = (viewers, megabytes * 1_000_000 / Self.width)
        try await Bench.cluster("stalled viewers are measured", within: .seconds(240)) { cluster in
            let alone = try await Self.watch(cluster, lines, stalled: 0)
            let pids = ["gateway", "dispatcher"].compactMap { cluster.service($0)?.process.pid }
            let before = pids.map(ProcessFigures.resident)
            let peaks = pids.map(PeakMemory.init)
            let beside = try await Self.watch(cluster, lines, stalled: viewers)
            Report.line("\(megabytes) MB of output in lines of \(Self.width) bytes, \(viewers) stalled viewers")
            Report.figure("healthy viewer, alone", alone, "MB/s")
            Report.figure("healthy viewer beside the stalled ones", beside, "MB/s")
            for (index, part) in ["gateway", "dispatcher"].enumerated() {
                Report.figure("\(part): resident before", before[index] / 1e6, "MB")
                Report.figure("\(part): peak while they are stalled", peaks[index].bytes / 1e6, "MB")
                Report.figure(
                    "\(part): growth per viewer", (peaks[index].bytes - before[index]) / 1e3 / Double(viewers),
                    "kB/viewer")
            }
        }
    }

    /// Runs a task and returns the rate at which a healthy viewer received its output, in MB/s.
    private static func watch(_ cluster: Cluster, _ lines: Int, stalled: Int) async throws -> Double {
        let barrier = try TaskBarrier(in: cluster.directory)
        let command = "\(barrier.command); exec \(Bench.program) emit --count \(lines) --width \(width)"
        let id = try await cluster.api.submit(command, target: "executor")["id"].string ?? ""
        let stalledViewers = try StalledViewers(stalled, cluster.api, task: id)
        let viewer = StreamViewer(cluster.api, task: id)
        try await eventually("the task runs") { viewer.record.events > 0 }
        let start = ContinuousClock.now
        barrier.release()
        let record = try await viewer.end(within: .seconds(100))
        withExtendedLifetime(stalledViewers) {}
        // Two lines are the barrier's.
        guard record.lines == lines + 2 else { throw Unfit("\(record.lines) of \(lines + 2) lines arrived") }
        return Double(record.bytes) / ((record.last ?? .now) - start).seconds / 1e6
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
