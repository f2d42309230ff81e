import ArgumentParser
import TestClient
import TestCluster

/// `wegent-bench recovery`: kill -9 and what it costs.
struct RecoveryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery", abstract: "Measures how long people wait after each service is killed.",
        discussion: """
            While a task writes a line every 5 ms and a viewer follows and resumes, one service is killed with -9 and \
            started again as soon as it is gone; `leader` is the dispatcher while a second one stands by, which takes over. Measured from the kill: the viewer's longest pause between two outputs, \
            and the time until a new task is answered with 202 and its output is seen (asked again every 20 ms). A killed \
            executor's task has ended; the time is until the viewer is told.

              wegent-bench recovery --rounds 5
            """)

    @Option(help: "How often each service is killed.")
    var rounds = 3

    @Option(help: "Only this service.")
    var only: String?

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is 1 to 1000") }
        guard only.map(RecoveryRound.parts.contains) ?? true else {
            throw ValidationError("--only is one of \(RecoveryRound.parts.joined(separator: ", "))")
        }
    }

    func run() async throws {
        let rounds = rounds
        let parts = only.map { [$0] } ?? RecoveryRound.parts
        Report.say("\(rounds) kills of each; milliseconds from the kill (aim: under 10,000)")
        Report.say(Quantiles.heading("killed, then"))
        for part in parts {
            try await Bench.cluster("\(part) is killed", within: .seconds(90 + 30 * rounds)) { cluster in
                var results: [RecoveryRound] = []
                for number in 0..<rounds {
                    if part == RecoveryRound.leader {
                        try await cluster.startStandby(RecoveryRound.dispatchers(number).waiting)
                    }
                    results.append(try await RecoveryRound.run(cluster, part, number: number))
                }
                let pause = part == "executor" ? "end told" : "longest pause"
                Report.say(Quantiles(results.map(\.pause)).row("\(part): \(pause)"))
                Report.say(Quantiles(results.map(\.accepted)).row("\(part): new task has 202"))
                Report.say(Quantiles(results.map(\.seen)).row("\(part): its output is seen"))
            }
        }
    }
}
