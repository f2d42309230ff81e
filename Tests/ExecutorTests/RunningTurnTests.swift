import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

@Suite("Messages of the dispatcher to a running turn")
struct RunningTurnTests {
    private func steer(_ task: TaskID, _ message: MessageID = .generate(), epoch: UInt64 = 1) -> TaskSteer {
        TaskSteer(task: task, attempt: 1, epoch: epoch, message: message, text: "turn left")
    }

    private func refusal(_ message: MessageID, _ device: DeviceUnderTest) async throws -> Fault {
        try await eventually("the refusal") {
            try device.connection.all(TaskSteerRefused.self).first { $0.message == message }?.fault
        }
    }

    @Test("An agent that takes no messages refuses one, and so does a task that does not run")
    func refuses() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        let task = try device.assign("echo begun; sleep 300")
        try await eventually("its output") { try !device.events(task, on: device.connection).isEmpty }
        let stale = steer(task, epoch: 0)
        let message = steer(task)
        try device.connection.send(stale)
        try device.connection.send(message)
        #expect(try await refusal(message.message, device).code == .steerUnsupported)
        let other = steer(.generate())
        try device.connection.send(other)
        #expect(try await refusal(other.message, device).code == .conflict)
        #expect(try device.connection.all(TaskSteerRefused.self).allSatisfy { $0.message != stale.message })
        await device.stop()
    }

    @Test("A command is not ended by the order to end background work")
    func wrapUpLeavesCommand() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        let go = device.folder.file("go")
        let task = try device.assign("echo begun; while [ ! -e \(go) ]; do sleep 0.02; done; echo over")
        try await eventually("its output") { try !device.events(task, on: device.connection).isEmpty }
        try device.connection.send(TaskWrapUp(task: task, attempt: 1, epoch: 1))
        // The answer to this one shows that the order before it was taken.
        let message = steer(task)
        try device.connection.send(message)
        _ = try await refusal(message.message, device)
        try Data().write(to: URL(filePath: go))
        #expect(try await device.verdict(task).state == .completed)
        await device.stop()
    }
}

@Suite(
    "Messages of the dispatcher to a running turn of the real Claude Code",
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeRunningTurnTests {
    private func start() async throws -> ClaudeDevice {
        try await ClaudeDevice.start {
            $0.allowBypass = true
            $0.permissionMode = .bypass
        }
    }

    private func payloads(_ kind: EventKind, _ task: TaskID, _ claude: ClaudeDevice) throws -> [JSONValue] {
        try claude.device.events(task, on: claude.connection).filter { $0.kind == kind }
            .map { try JSONDecoder().decode(JSONValue.self, from: Data($0.payload)) }
    }

    private func text(_ task: TaskID, _ claude: ClaudeDevice) throws -> String {
        try payloads(.agentMessageChunk, task, claude).compactMap { $0["content"]?["text"]?.string }.joined()
    }

    @Test("A task waits for its background work until the next task of its conversation, each with its own answer")
    func wrapsUp() async throws {
        let claude = try await start()
        claude.model.answer(
            .tool(
                "Bash",
                input: #"{"command":"echo $$ > pid; sleep 300","run_in_background":true,"description":"the server"}"#),
            .text("started"), to: "serve")
        for name in ["one", "two", "three"] { claude.model.answer(.text(.token("answer \(name)")), to: "say \(name)") }
        let task = try claude.turn("serve it")
        let waiting = try await eventually("it waits") { try payloads(.waiting, task, claude).first }
        #expect(waiting["waiting_for"] == "background")
        #expect(waiting["what"] == "a background command: the server")
        try claude.connection.send(TaskWrapUp(task: task, attempt: 1, epoch: 1))
        try claude.connection.send(TaskWrapUp(task: task, attempt: 1, epoch: 1))
        #expect(try await claude.device.verdict(task).state == .completed)
        let pid = try String(contentsOfFile: "\(claude.work)/pid", encoding: .utf8)
        #expect(!ProcessTable.isAlive(try #require(Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines)))))
        #expect(try text(task, claude) == "started")
        var last = task
        for name in ["one", "two", "three"] {
            let next = try claude.turn("say \(name)", follows: last)
            #expect(try await claude.device.verdict(next).state == .completed)
            #expect(try text(next, claude) == "answer \(name)")
            last = next
        }
        await claude.stop()
    }

    @Test("A message that is sent several times is given to the agent and shown once")
    func steersOnce() async throws {
        let claude = try await start()
        // The agent goes on with its tool until it has read the message, so that its turn does not end before.
        claude.model.react { request in
            guard !request.isInternal else { return nil }
            guard String(decoding: request.body, as: UTF8.self).contains("turn left") else {
                return .tool("Bash", input: #"{"command":"touch here; sleep 0.05"}"#)
            }
            return .text("left")
        }
        let task = try claude.turn("begin")
        try await eventually("the tool runs") { claude.isThere("here") }
        let steer = TaskSteer(task: task, attempt: 1, epoch: 1, message: .generate(), text: "turn left")
        for _ in 0..<3 { try claude.connection.send(steer) }
        #expect(try await claude.device.verdict(task).state == .completed)
        #expect(try text(task, claude).hasSuffix("left"))
        let shown = try payloads(.userMessageChunk, task, claude)
        #expect(shown.count == 1)
        #expect(shown.first?["_meta"]?["messageId"]?.string == steer.message.description)
        let late = TaskSteer(task: task, attempt: 1, epoch: 1, message: .generate(), text: "too late")
        try claude.connection.send(late)
        try await eventually("the refusal") {
            try claude.connection.all(TaskSteerRefused.self).contains {
                $0.message == late.message && $0.fault.code == .conflict
            }
        }
        await claude.stop()
    }
}
