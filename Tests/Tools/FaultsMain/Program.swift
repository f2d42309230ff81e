import ArgumentParser
import Faults
import Foundation
import TestSupport

/// `wegent-fault`: runs storms over real processes and checks the promises afterwards.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-fault",
        abstract: "Kills, freezes and cuts real services at every step of a task, then checks every promise.",
        discussion: """
            Each scenario starts the services as processes in an empty folder and prints its seed. The same seed makes \
            the same choices; the timing of the machine still differs. One fifth of each scenario runs with the default \
            timeouts of the services, the rest with short ones.

              wegent-fault                              all scenarios
              wegent-fault dispatcher --rounds 10       one scenario, shorter
              wegent-fault random --minutes 30          half an hour
              wegent-fault random --seed 42 --rounds 5  repeat a run
            """)

    @Argument(help: "Scenarios to run: \(Scenario.all.map(\.name).joined(separator: ", ")). Default: all")
    var scenarios: [String] = []

    @Option(help: "Seed of the choices. Default: a new one each time")
    var seed: UInt64?

    @Option(help: "Faults per scenario, instead of its own number.")
    var rounds: Int?

    @Option(help: "Minutes per scenario, instead of a number of faults.")
    var minutes: Double?

    @Option(help: "Timeouts of the services: low or default. Default: both in turn")
    var waits: String?

    func validate() throws {
        for name in scenarios where Scenario.named(name) == nil {
            throw ValidationError("there is no scenario '\(name)'")
        }
        guard rounds ?? 1 > 0, minutes ?? 1 > 0 else { throw ValidationError("--rounds and --minutes must be above 0") }
        guard waits.map({ Scenario.Timeouts(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--waits must be low or default")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        var failures = 0
        var seed = seed ?? UInt64.random(in: 1...999_999)
        for scenario in scenarios.isEmpty ? Scenario.all : scenarios.compactMap(Scenario.named) {
            for (timeouts, length) in parts(of: scenario) {
                let start = ContinuousClock.now
                do {
                    let storm = Storm(scenario, timeouts: timeouts, length: length, seed: seed) { report($0) }
                    let (tasks, faults) = try await storm.run()
                    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
                    report("\(scenario.name): kept all promises, \(tasks) tasks, \(faults) faults, \(seconds) s")
                } catch {
                    failures += 1
                    report("\(scenario.name): FAILED\n\(error)")
                }
                seed &+= 1
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    /// Splits a scenario: four fifths with short timeouts, the rest with the defaults.
    private func parts(of scenario: Scenario) -> [(Scenario.Timeouts, Scenario.Length)] {
        let length = minutes.map(Scenario.Length.minutes) ?? rounds.map(Scenario.Length.rounds) ?? scenario.length
        if let timeouts = waits.flatMap(Scenario.Timeouts.init(rawValue:)) { return [(timeouts, length)] }
        switch length {
        case .minutes(let minutes): return [(.low, .minutes(minutes * 0.8)), (.builtIn, .minutes(minutes * 0.2))]
        case .rounds(let rounds) where rounds < 5: return [(.low, length)]
        case .rounds(let rounds):
            return [(.low, .rounds(rounds - rounds / 5)), (.builtIn, .rounds(rounds / 5))]
        }
    }

    /// Prints a line, unbuffered also into a pipe.
    private func report(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
