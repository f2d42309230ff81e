import ArgumentParser
import TestClient
import TestCluster
import TestSupport

/// `wegent-bench stalled`: viewers that do not read.
struct StalledCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stalled", abstract: "Measures what viewers cost that have stopped reading.",
        discussion: """
            A shell task writes that many MB as fast as they are taken, first with one healthy viewer, then again with \
            stalled viewers beside it: connections that have asked for the stream and never read. Resident memory is \
            looked at every 20 ms; its growth is the most that was seen above what it was after the first of the two tasks.

              wegent-bench stalled --viewers 100 --megabytes 64
            """)

    @Option(help: "How many viewers are stalled.")
    var viewers = 100

    @Option(help: "How much the task writes, in MB.")
    var megabytes = 64

    /// Bytes of a line.
    private static let width = 100

    func validate() throws {
        guard (1...900).contains(viewers), (1...10_000).contains(megabytes) else {
            throw ValidationError("--viewers is 1 to 900, --megabytes 1 to 10000")
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
            Report.say("\(megabytes) MB of output in lines of \(Self.width) bytes, \(viewers) stalled viewers")
            Report.figure("healthy viewer, alone", alone, "MB/s")
            Report.figure("healthy viewer beside the stalled ones", beside, "MB/s")
            for (index, part) in ["gateway", "dispatcher"].enumerated() {
                Report.figure("\(part): resident before", before[index] / 1e6, "MB")
                Report.figure("\(part): most while they are stalled", peaks[index].bytes / 1e6, "MB")
                Report.figure(
                    "\(part): growth for each", (peaks[index].bytes - before[index]) / 1e3 / Double(viewers),
                    "kB/viewer")
            }
        }
    }

    /// Runs a task, and returns the rate at which a healthy viewer got all of its output, in MB/s.
    private static func watch(_ cluster: Cluster, _ lines: Int, stalled: Int) async throws -> Double {
        let hold = try TaskBarrier(in: cluster.directory)
        let command = "\(hold.command); exec \(Bench.program) emit --count \(lines) --width \(width)"
        let id = try await cluster.api.submit(command, target: "executor")["id"].string ?? ""
        let asleep = try StalledViewers(stalled, cluster.api, task: id)
        let viewer = StreamViewer(cluster.api, task: id)
        try await eventually("the task runs") { viewer.seen.events > 0 }
        let start = ContinuousClock.now
        hold.release()
        let seen = try await viewer.end(within: .seconds(100))
        withExtendedLifetime(asleep) {}
        // Two lines are the hold's own.
        guard seen.lines == lines + 2 else { throw Unfit("\(seen.lines) of \(lines + 2) lines arrived") }
        return Double(seen.bytes) / ((seen.last ?? .now) - start).seconds / 1e6
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
