import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

// Serialized: each test starts programs that take a core for a second, and other tests have clocks.
@Suite(
    "Permission modes with the real Claude Code", .serialized,
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeModeTests {
    private func file(_ device: ClaudeDevice, _ name: String) -> String {
        #"{"file_path":"\#(device.work)/\#(name)","content":"x"}"#
    }

    @Test("Edits are made without asking where the task allows it, and asked for in its next turn")
    func editsWithoutAsking() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("Write", input: file(device, "a.txt")), .text("done"), to: "one")
        device.model.answer(.tool("Write", input: file(device, "b.txt")), .text("done"), to: "two")
        let one = try device.turn("one", mode: .acceptEdits)
        #expect(try await device.device.verdict(one).state == .completed)
        #expect(device.isThere("a.txt"))
        #expect(try device.connection.all(ApprovalRequest.self).isEmpty)
        // The warm process has the other mode and is not used for this task.
        let two = try device.turn("two", mode: .ask, follows: one)
        let request = try #require(try await device.asked(two).first)
        #expect(request.rule == "Edit(/\(device.work)/**)")
        try device.answer(request, .deny)
        #expect(try await device.device.verdict(two).state == .completed)
        #expect(!device.isThere("b.txt"))
        #expect(device.model.requests.last?.texts(of: "user").contains("one") == true, "the session is the same")
        await device.stop()
    }

    @Test("A plan changes nothing, whatever was allowed before")
    func planChangesNothing() async throws {
        let device = try await ClaudeDevice.start()
        try PermissionRules(directory: device.device.folder.file("home/permissions")).allow(
            [
                PermissionRule(tool: "Edit", content: "/\(device.work)/**"),
                PermissionRule(tool: "Bash", content: "touch b.txt"),
            ], in: device.conversation)
        device.model.answer(
            .tool("Write", input: file(device, "a.txt")), .tool("Bash", input: #"{"command":"touch b.txt"}"#),
            .text("only planned"))
        let task = try device.turn("plan it", mode: .plan)
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(!device.isThere("a.txt") && !device.isThere("b.txt"))
        #expect(try device.connection.all(ApprovalRequest.self).isEmpty)
        #expect(try device.logs(task).contains { $0.contains("plan mode") })
        #expect(device.model.requests.last?.toolResults.first?.contains("plan mode") == true)
        await device.stop()
    }

    @Test("A plan is shown to a person, and carried out after their approval")
    func carriesOutApprovedPlan() async throws {
        let device = try await ClaudeDevice.start()
        let model = device.model
        model.answer(.text("let me see"), to: "look around")
        let first = try device.turn("look around", mode: .plan)
        _ = try await device.device.verdict(first)
        // Claude Code names the file of its plan, the only one that it may write.
        let body = String(decoding: try #require(model.requests.last).body, as: UTF8.self)
            .replacing(#"\/"#, with: "/")
        let path = try #require(body.firstMatch(of: /[^\s"\\`]+\/plans\/[^\s"\\`]+\.md/)?.output)
        model.answer(
            .tool("Write", input: ##"{"file_path":"\##(path)","content":"# Move the heron\n1. go there"}"##),
            .tool("ExitPlanMode", input: "{}"), .tool("Write", input: file(device, "a.txt")), .text("moved"),
            to: "then go")
        let task = try device.turn("then go", mode: .plan, follows: first)
        let plan = try #require(try await device.asked(task).first)
        #expect(plan.tool == "ExitPlanMode")
        #expect(plan.title == "Leave plan mode and carry out the plan: Move the heron")
        #expect(plan.input["plan"] == "# Move the heron\n1. go there")
        #expect(plan.rule == "only this request")
        try device.answer(plan, .allow, .conversation)
        let edit = try await device.asked(task, count: 2)[1]
        #expect(edit.tool == "Write")
        try device.answer(edit, .allow)
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(device.isThere("a.txt"))
        #expect(try device.logs(task).contains { $0.contains("asked each time") })

        // The next turn in plan mode plans again.
        model.answer(.tool("Write", input: file(device, "b.txt")), .text("planned"), to: "once more")
        let again = try device.turn("once more", mode: .plan, follows: task)
        #expect(try await device.device.verdict(again).state == .completed)
        #expect(!device.isThere("b.txt"))
        await device.stop()
    }

    @Test("Bypass asks for nothing where the device allows it")
    func bypassesWhereAllowed() async throws {
        let device = try await ClaudeDevice.start { $0.allowBypass = true }
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#), .text("done"))
        let task = try device.turn("go", mode: .bypass)
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(device.isThere("a.txt"))
        #expect(try device.connection.all(ApprovalRequest.self).isEmpty)
        await device.stop()
    }
}

@Suite("Permission modes that a device refuses")
struct PermissionModeTests {
    private func refusal(_ mode: PermissionMode, agent: String, allowBypass: Bool = false) async throws -> Fault {
        let device = try await DeviceUnderTest.start { $0.allowBypass = allowBypass }
        let task = TaskID.generate()
        try device.connection.send(
            TaskAssign(
                task: task, attempt: 1, epoch: 1, leaseS: 0, conversation: .generate(), agent: agent, prompt: "true",
                permissionMode: mode))
        let fault = try await device.refusal(task)
        await device.stop()
        return fault
    }

    @Test("Bypass needs the permission of the device's owner")
    func bypassNeedsOwner() async throws {
        let fault = try await refusal(.bypass, agent: "claude-code")
        #expect(fault.code == .permissionModeNotAllowed)
        #expect(fault.message.contains("--allow-bypass"))
        // Refused for another reason: this test has no Claude Code.
        #expect(try await refusal(.bypass, agent: "claude-code", allowBypass: true).code == .agentMissing)
    }

    @Test("An unknown mode is refused by name, with the known modes")
    func refusesUnknownMode() async throws {
        for agent in ["claude-code", "shell"] {
            let fault = try await refusal(PermissionMode(rawValue: "yolo"), agent: agent)
            #expect(fault.code == .permissionModeNotAllowed)
            #expect(fault.message.contains("'yolo'") && fault.message.contains("accept-edits"))
        }
    }

    @Test("The shell agent refuses plan mode")
    func shellRefusesPlan() async throws {
        let fault = try await refusal(.plan, agent: "shell")
        #expect(fault.code == .permissionModeNotAllowed)
        #expect(fault.message.contains("shell"))
    }

    @Test("The shell agent accepts the other modes")
    func shellAcceptsOtherModes() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        for mode in [PermissionMode.ask, .acceptEdits, .bypass] {
            let task = TaskID.generate()
            try device.connection.send(
                TaskAssign(
                    task: task, attempt: 1, epoch: 1, leaseS: 0, conversation: .generate(), agent: "shell",
                    prompt: "true", permissionMode: mode))
            #expect(try await device.verdict(task).state == .completed)
        }
        await device.stop()
    }
}
