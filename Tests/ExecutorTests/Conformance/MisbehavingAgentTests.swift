import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// What an executor makes of a program that breaks its protocol, which the real one cannot be made to do.
@Suite("A misbehaving agent", .timeLimit(.minutes(5)))
struct MisbehavingAgentTests {
    private func start() async throws -> ConformanceDevice {
        let folder = try TemporaryDirectory()
        let path = try FakeClaude(in: folder).path
        let agent = AgentUnderTest(
            name: "claude-code", features: [], missing: .agentMissing,
            makeStage: { FakeStage(path: path, folder: folder) },
            remove: { _ in })
        return try await ConformanceDevice.start(agent)
    }

    @Test(
        "Lines that mean nothing are survived, and the text around them arrives",
        arguments: [FakeClaude.Trick.garbage, .bytes])
    func survivesGarbage(trick: FakeClaude.Trick) async throws {
        let device = try await start()
        let turn = try device.assign(.say(trick.rawValue))
        #expect(try await device.end(of: turn).state == .completed)
        #expect(try device.text(turn) == "hello world")
        await device.stop()
    }

    @Test("A text of 20 MB in one line arrives whole")
    func takesLongLine() async throws {
        let device = try await start()
        let turn = try device.assign(.say("long"))
        #expect(try await device.end(of: turn, within: .seconds(240)).state == .completed)
        #expect(try device.text(turn).utf8.count == 20_000_012)
        await device.stop()
    }

    @Test(
        "A program that ends before its turn fails it, and the next turn starts another",
        arguments: [FakeClaude.Trick.half, .quits, .silentExit])
    func noticesEnd(trick: FakeClaude.Trick) async throws {
        let device = try await start()
        let turn = try device.assign(.say(trick.rawValue))
        let verdict = try await device.end(of: turn)
        #expect(verdict.state == .failed && verdict.error?.code == .agentFailed, "\(verdict)")
        let next = try device.assign(.say("plain"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(try device.text(next) == "hello world")
        await device.stop()
    }

    @Test("A program that ignores every request and signal is killed", arguments: [FakeClaude.Trick.stubborn, .mute])
    func killsStubborn(trick: FakeClaude.Trick) async throws {
        let device = try await start()
        let turn = try device.assign(.say(trick.rawValue))
        try await eventually("it runs") {
            try device.text(turn).contains(trick == .stubborn ? "stubborn" : "hello")
        }
        try device.cancel(turn, grace: 1)
        #expect(try await device.end(of: turn).state == .cancelled)
        await device.stop()
    }

    @Test("A second result belongs to no turn, and the next turn gets its own answer")
    func ignoresSecondResult() async throws {
        let device = try await start()
        let turn = try device.assign(.say("twice"))
        #expect(try await device.end(of: turn).state == .completed)
        let next = try device.assign(.say("plain"), after: turn)
        #expect(try await device.end(of: next).state == .completed)
        #expect(try device.text(next) == "hello world")
        await device.stop()
    }
}

/// The fake program: what is said is the name of its trick.
private struct FakeStage: AgentStage {
    let path: String
    let folder: TemporaryDirectory

    func configure(_ configuration: inout ExecutorConfiguration, in folder: TemporaryDirectory) {
        configuration.claude = path
        configuration.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    }

    var free: PermissionMode? { nil }

    func prompt(for wish: Wish, marker: String) -> String {
        if case .say(let text) = wish { return text }
        return "plain"
    }

    func knew(_ marker: String) -> Bool { false }

    func stop() async {}
}
