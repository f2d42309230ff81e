import ArgumentParser
import TestClient
import TestCluster

/// `wegent-bench recovery`: the outage after a SIGKILL of each service.
struct RecoveryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery", abstract: "Measures the outage for users after each service is killed.",
        discussion: """
            A task writes a line every 5 ms, and a viewer follows and resumes. One service is killed with SIGKILL and \
            restarted at once; `leader` is a dispatcher with a standby, which takes over. Measured from the kill: the \
            viewer's longest pause between two outputs, and the time until a new task is answered with 202 and its \
            output arrives (retried every 20 ms). The task of a killed executor fails; its figure is the time until the \
            viewer has that end.

              wegent-bench recovery --rounds 5
            """)

    @Option(help: "Kills of each service.")
    var rounds = 3

    @Option(help: "Kill only this service.")
    var only: String?

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000") }
        guard only.map(RecoveryRound.parts.contains) ?? true else {
            throw ValidationError("--only must be one of \(RecoveryRound.parts.joined(separator: ", "))")
        }
    }

    func run() async throws {
        let rounds = rounds
        let parts = only.map { [$0] } ?? RecoveryRound.parts
        Report.line("\(rounds) kills of each; milliseconds from the kill (aim: under 10,000)")
        Report.line(Quantiles.heading("killed, then"))
        for part in parts {
            try await Bench.cluster("\(part) is killed", within: .seconds(90 + 30 * rounds)) { cluster in
                var results: [RecoveryRound] = []
                for number in 0..<rounds {
                    if part == RecoveryRound.leader {
                        try await cluster.startStandby(RecoveryRound.dispatchers(number).standby)
                    }
                    results.append(try await RecoveryRound.run(cluster, part, number: number))
                }
                let pause = part == "executor" ? "end reported" : "longest pause"
                Report.line(Quantiles(results.map(\.pause)).row("\(part): \(pause)"))
                Report.line(Quantiles(results.map(\.accepted)).row("\(part): new task has 202"))
                Report.line(Quantiles(results.map(\.output)).row("\(part): its output arrives"))
            }
        }
    }
}
