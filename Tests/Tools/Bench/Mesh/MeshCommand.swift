import ArgumentParser
import Foundation
import TestSupport

/// `wegent-bench mesh`: the mesh against the same loops in C.
struct MeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mesh", abstract: "Measures round trips and one-way rates against plain C on libzmq.",
        discussion: """
            Each round runs C (`wegent-bench-c`, beside this binary) and the mesh one after the other, each as two \
            processes over the same transport, and the table has the median of all rounds. The ratio is ours to C's: \
            higher is better. "same frames" is C sending a header and a body in two parts, "one part" is C \
            sending the body alone.

              wegent-bench mesh --rounds 7 --transport ipc
            """)

    @Option(help: "How often each measurement is repeated.")
    var rounds = 5

    @Option(help: "tcp or ipc.")
    var transport = "tcp"

    @Option(help: "Round trips in a measurement.")
    var trips = 10_000

    @Option(help: "One-way messages in a measurement.")
    var messages = 1_000_000

    @Option(help: "Measure only lines that begin so.")
    var only = ""

    func validate() throws {
        guard ["tcp", "ipc"].contains(transport) else { throw ValidationError("--transport is tcp or ipc") }
        guard rounds > 0, trips > 0, messages > 0 else { throw ValidationError("the counts are at least 1") }
    }

    func run() async throws {
        let folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let rival = Rival(
            program: folder.appending(path: "wegent-bench-c").path, ours: folder.appending(path: "wegent-bench").path,
            transport: transport, directory: try TemporaryDirectory())
        try rival.check()
        Report.say("two processes over \(transport), \(rounds) rounds, medians; messages (round trips) per second")
        Report.say(Comparison.heading)
        for measurement in Measurement.all(trips: trips, messages: messages) where measurement.name.hasPrefix(only) {
            Report.say(try await compare(measurement, rival).row)
        }
    }

    private func compare(_ measurement: Measurement, _ rival: Rival) async throws -> Comparison {
        var comparison = Comparison(name: measurement.name, target: measurement.target)
        for _ in 0..<rounds {
            comparison.bare.append(try await rival.rate(measurement, parts: 1))
            comparison.framed.append(try await rival.rate(measurement, parts: 2))
            comparison.ours.append(try await rival.ourRate(measurement))
        }
        return comparison
    }
}
