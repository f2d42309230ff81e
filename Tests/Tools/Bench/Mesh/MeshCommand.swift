import ArgumentParser
import Foundation
import TestSupport

/// `wegent-bench mesh`: compares the mesh with the same loops in C.
struct MeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mesh", abstract: "Measures round trips and one-way rates against plain C on libzmq.",
        discussion: """
            Each round runs C (`wegent-bench-c`, beside this binary) and then the mesh, each as two processes over the \
            same transport. The table has the medians of all rounds. The ratio is the mesh's rate to C's: higher is \
            better. "same frames" is C with header and body in two parts, "one part" is C with the body alone.

              wegent-bench mesh --rounds 7 --transport ipc
            """)

    @Option(help: "Repetitions of each measurement.")
    var rounds = 5

    @Option(help: "Transport: tcp or ipc.")
    var transport = "tcp"

    @Option(help: "Round trips per measurement.")
    var trips = 10_000

    @Option(help: "One-way messages per measurement.")
    var messages = 1_000_000

    @Option(help: "Measure only lines with this prefix.")
    var only = ""

    func validate() throws {
        guard ["tcp", "ipc"].contains(transport) else { throw ValidationError("--transport must be tcp or ipc") }
        guard rounds > 0, trips > 0, messages > 0 else {
            throw ValidationError("--rounds, --trips and --messages must be at least 1")
        }
    }

    func run() async throws {
        let folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let programs = BenchmarkPrograms(
            c: folder.appending(path: "wegent-bench-c").path, bench: folder.appending(path: "wegent-bench").path,
            transport: transport, directory: try TemporaryDirectory())
        try programs.check()
        Report.line("two processes over \(transport), \(rounds) rounds, medians; messages (round trips) per second")
        Report.line(Comparison.heading)
        for measurement in Measurement.all(trips: trips, messages: messages) where measurement.name.hasPrefix(only) {
            Report.line(try await compare(measurement, programs).row)
        }
    }

    private func compare(_ measurement: Measurement, _ programs: BenchmarkPrograms) async throws -> Comparison {
        var comparison = Comparison(name: measurement.name, target: measurement.target)
        for _ in 0..<rounds {
            comparison.bare.append(try await programs.rate(measurement, parts: 1))
            comparison.framed.append(try await programs.rate(measurement, parts: 2))
            comparison.mesh.append(try await programs.meshRate(measurement))
        }
        return comparison
    }
}
