import Faults
import Foundation
import TestSupport
import Testing

/// A short part of `make fault` for every test run. It prints its seed; WEGENT_FAULT_SEED sets another one.
@Suite("Storms", .serialized)
struct StormTests {
    private static let seed = ProcessInfo.processInfo.environment["WEGENT_FAULT_SEED"].flatMap { UInt64($0) } ?? 1

    @Test(
        "Every promise holds under faults at every step",
        arguments: [
            ("cuts", 12), ("dispatcher", 5), ("standby", 4), ("gateway", 5), ("registry", 2), ("executor", 5),
            ("random", 6),
        ])
    func storm(name: String, rounds: Int) async throws {
        let scenario = try #require(Scenario.named(name))
        let storm = Storm(scenario, timeouts: .low, length: .rounds(rounds), seed: Self.seed) { print($0) }
        let (tasks, faults) = try await storm.run()
        #expect(faults == rounds)
        #expect(tasks >= faults, "each round submits a task")
    }

    @Test(
        "Every promise holds for an agent that leaves background work, and for one whose model retries",
        .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"),
        arguments: [("background", 3), ("retries", 3)])
    func agentStorm(name: String, rounds: Int) async throws {
        let scenario = try #require(Scenario.named(name))
        let storm = Storm(scenario, timeouts: .low, length: .rounds(rounds), seed: Self.seed) { print($0) }
        #expect(try await storm.run().faults == rounds)
    }
}
