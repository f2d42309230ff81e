import ArgumentParser
import Faults
import Foundation
import TestSupport

/// `wegent-fault`: storms over real processes, with a checker behind them.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-fault",
        abstract: "Kills, freezes and cuts real services at every step of a task's life and checks every promise.",
        discussion: """
            Each scenario starts the services as processes of their own in an empty folder. Its seed is printed; the \
            same seed makes the same choices (what the machine does in between is its own). Every fourth run has the \
            waiting times that the services are built with, the others short ones.

              wegent-fault                              everything
              wegent-fault dispatcher --rounds 10       one scenario, shorter
              wegent-fault random --minutes 30          for half an hour
              wegent-fault random --seed 42 --rounds 5  again
            """)

    @Argument(help: "Which scenarios: \(Scenario.all.map(\.name).joined(separator: ", ")). Default: all of them")
    var scenarios: [String] = []

    @Option(help: "Where the choices begin. Default: a new one each time")
    var seed: UInt64?

    @Option(help: "How many faults each scenario has instead of its own number.")
    var rounds: Int?

    @Option(help: "For how long each scenario runs instead.")
    var minutes: Double?

    @Option(help: "Waiting times: low or default. Default: both in turn")
    var waits: String?

    func validate() throws {
        for name in scenarios where Scenario.named(name) == nil {
            throw ValidationError("there is no scenario '\(name)'")
        }
        guard rounds ?? 1 > 0, minutes ?? 1 > 0 else { throw ValidationError("--rounds and --minutes are above 0") }
        guard waits.map({ Scenario.Waits(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--waits is low or default")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        var failures = 0
        var seed = seed ?? UInt64.random(in: 1...999_999)
        for scenario in scenarios.isEmpty ? Scenario.all : scenarios.compactMap(Scenario.named) {
            for (waits, length) in parts(of: scenario) {
                let start = ContinuousClock.now
                do {
                    let storm = Storm(scenario, waits: waits, length: length, seed: seed) { say($0) }
                    let (tasks, faults) = try await storm.run()
                    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
                    say("\(scenario.name): kept all promises, \(tasks) tasks, \(faults) faults, \(seconds) s")
                } catch {
                    failures += 1
                    say("\(scenario.name): FAILED\n\(error)")
                }
                seed &+= 1
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    /// Four parts in five with short waits, the rest as built.
    private func parts(of scenario: Scenario) -> [(Scenario.Waits, Scenario.Length)] {
        let length = minutes.map(Scenario.Length.minutes) ?? rounds.map(Scenario.Length.rounds) ?? scenario.length
        if let waits = waits.flatMap(Scenario.Waits.init(rawValue:)) { return [(waits, length)] }
        switch length {
        case .minutes(let minutes): return [(.low, .minutes(minutes * 0.8)), (.builtIn, .minutes(minutes * 0.2))]
        case .rounds(let rounds) where rounds < 5: return [(.low, length)]
        case .rounds(let rounds):
            return [(.low, .rounds(rounds - rounds / 5)), (.builtIn, .rounds(rounds / 5))]
        }
    }

    /// Prints at once, also into a pipe.
    private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
