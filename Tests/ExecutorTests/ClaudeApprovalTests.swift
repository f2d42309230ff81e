import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

// Serialized: each test starts programs that use a whole core for a second, and other tests have time limits.
@Suite(
    "Permission requests of the real Claude Code", .serialized,
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeApprovalTests {
    @Test("A tool that is allowed once runs once, with the input that was asked")
    func allowsOnce() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("Bash", input: #"{"command":"echo ü > a.txt"}"#), .text("one"), to: "first")
        device.model.answer(.tool("Bash", input: #"{"command":"echo ü > a.txt"}"#), .text("two"), to: "second")
        let task = try device.turn("first")
        let request = try #require(try await device.asked(task).first)
        #expect(request.tool == "Bash")
        #expect(request.title == "echo ü > a.txt")
        #expect(request.input["command"] == "echo ü > a.txt")
        #expect(!device.isThere("a.txt"))
        // The request is shown behind the call that it is about, which is the last event.
        let last = try device.device.events(task, on: device.connection).last { $0.attemptSeq == request.after }
        #expect(last?.kind == .toolCallUpdate)
        try device.answer(request, .allow)
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(try String(contentsOfFile: device.work + "/a.txt", encoding: .utf8) == "ü\n")
        try await eventually("it is closed") { try device.closed(request) == 1 }
        // An answer to a closed request changes nothing and is answered by `approval.closed`.
        try device.answer(request, .deny)
        try await eventually("it is closed again") { try device.closed(request) == 2 }

        let again = try device.turn("second")
        let second = try #require(try await device.asked(again).first)
        #expect(second.request != request.request)
        try device.answer(second, .deny)
        #expect(try await device.device.verdict(again).state == .completed)
        await device.stop()
    }

    @Test("The reason of a denial goes to the model")
    func deniesWithReason() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#), .text("well"))
        let task = try device.turn("make it")
        let request = try #require(try await device.asked(task).first)
        try device.answer(request, .deny, message: "use b.txt instead")
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(device.model.requests.last?.toolResults == ["use b.txt instead"])
        #expect(!device.isThere("a.txt"))
        await device.stop()
    }

    @Test("An approval for the conversation holds over turns, processes and restarts")
    func allowsForConversation() async throws {
        let first = try await ClaudeDevice.start { $0.times.warm = 0 }
        let command = #"{"command":"touch a.txt"}"#
        for marker in ["one", "two", "three"] {
            first.model.answer(.tool("Bash", input: command), .text("done"), to: marker)
        }
        let one = try first.turn("one")
        let request = try #require(try await first.asked(one).first)
        #expect(request.rule?.hasPrefix("Bash(touch a.txt") == true)
        try first.answer(request, .allow, .conversation)
        #expect(try await first.device.verdict(one).state == .completed)

        // The process of the first turn is gone, and its successor has no rules.
        let two = try first.turn("two", follows: one)
        #expect(try await first.device.verdict(two).state == .completed)
        #expect(try first.logs(two).contains { $0.contains("allowed for this conversation before: Bash(touch a.txt") })
        await first.device.server.stop()

        let second = try await ClaudeDevice.start(after: first)
        let three = try second.turn("three", follows: two)
        #expect(try await second.device.verdict(three).state == .completed)
        #expect(second.model.requests.last?.toolResults.count == 3)
        #expect(try second.connection.all(ApprovalRequest.self).isEmpty)
        await second.stop()
    }

    @Test("A rule does not hold for other conversations or other commands")
    func ruleIsScoped() async throws {
        let device = try await ClaudeDevice.start()
        try PermissionRules(directory: device.device.folder.file("home/permissions")).allow(
            [PermissionRule(tool: "Bash", content: "touch a.txt")], in: .generate())
        device.model.answer(
            .tool("Bash", input: #"{"command":"touch a.txt"}"#), .tool("Bash", input: #"{"command":"touch b.txt"}"#),
            .text("done"))
        let task = try device.turn("go")
        let first = try #require(try await device.asked(task).first)
        try device.answer(first, .allow, .conversation)
        let second = try await device.asked(task, count: 2)[1]
        #expect(second.title == "touch b.txt")
        try device.answer(second, .deny)
        _ = try await device.device.verdict(task)
        await device.stop()
    }

    @Test("Two requests may be open at once, and each gets its own answer")
    func answersTwoRequests() async throws {
        let device = try await ClaudeDevice.start()
        let file = try device.device.folder.write("first secret", to: "outside/one")
        let other = try device.device.folder.write("second secret", to: "elsewhere/two")
        device.model.answer(
            .blocks(
                .tool(name: "Read", input: #"{"file_path":"\#(file)"}"#),
                .tool(name: "Read", input: #"{"file_path":"\#(other)"}"#)), .text("done"))
        let task = try device.turn("read both")
        let asked = try await device.asked(task, count: 2)
        let allowed = try #require(asked.first { $0.input["file_path"]?.string == file })
        let denied = try #require(asked.first { $0.input["file_path"]?.string == other })
        try device.answer(denied, .deny, message: "not this one")
        try device.answer(allowed, .allow)
        #expect(try await device.device.verdict(task).state == .completed)
        // Results come in the order of the answers.
        let results = try #require(device.model.requests.last?.toolResults)
        #expect(results.count == 2)
        #expect(results.contains("not this one"))
        #expect(results.contains { $0.contains("first secret") })
        #expect(!results.contains { $0.contains("second secret") })
        await device.stop()
    }

    @Test("A cancel while a request is open ends the turn and closes the request")
    func cancelClosesRequest() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#), .text("never"), to: "long")
        device.model.answer(.text("here"), to: "next")
        let task = try device.turn("long one")
        let request = try #require(try await device.asked(task).first)
        #expect(try device.connection.all(DeviceReport.self).last?.used == 1, "the slot stays used")
        try device.stopTask(task)
        #expect(try await device.device.verdict(task).state == .cancelled)
        #expect(try device.closed(request) == 1)
        try device.answer(request, .allow)
        try await eventually("the request is reported closed") { try device.closed(request) == 2 }
        #expect(!device.isThere("a.txt"))
        let next = try device.turn("next", follows: task)
        #expect(try await device.device.verdict(next).state == .completed)
        await device.stop()
    }

    @Test("The lease ends a task with an open request")
    func leaseEndsWaitingTask() async throws {
        let device = try await ClaudeDevice.start { $0.times.backoff = 0.02...0.02 }
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#), .text("never"))
        let task = try device.turn("wait", lease: 10)
        let request = try #require(try await device.asked(task).first)
        device.device.gateway.refuse(.init(status: .serviceUnavailable, body: "{}"))
        let count = device.device.gateway.connections.count
        device.connection.cut()
        let spool = device.device.spool + "/" + AttemptOutbox.fileName(AttemptID(task: task, attempt: 1))
        try await eventually("the verdict is kept") {
            var ended = false
            _ = try Spool.open(spool) { if $0.kind == Spool.finish { ended = true } }
            return ended
        }
        device.device.gateway.refuse(nil)
        try await device.device.welcome(after: count, generation: 2)
        #expect(try await device.device.verdict(task).error?.code == .deviceDisconnected)
        #expect(try device.connection.all(ApprovalRequest.self).isEmpty)
        try device.answer(request, .allow)
        try await eventually("it is closed") { try device.closed(request) >= 1 }
        await device.stop()
    }

    @Test("A request is sent until it is recorded, again in a new session, and answered there")
    func resumesRequestInNewSession() async throws {
        let device = try await ClaudeDevice.start { $0.times.asking = 0.1 }
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#))
        let task = try device.turn("make it")
        let request = try #require(try await device.asked(task).first)
        func times(_ request: ApprovalRequest) throws -> Int {
            try device.connection.all(ApprovalRequest.self).count { $0.request == request.request }
        }
        try await eventually("the request is repeated") { try times(request) >= 3 }
        // A request that is not recorded is repeated as long as it is open: it shows that time passes.
        device.model.answer(.tool("Bash", input: #"{"command":"touch b.txt"}"#))
        let another = TaskAssign(
            task: .generate(), attempt: 1, epoch: 1, leaseS: 0, conversation: .generate(), agent: "claude-code",
            prompt: "another")
        try device.connection.send(another)
        let clock = try #require(try await device.asked(another.task).first)
        device.model.answer(.text("done"))
        try device.connection.send(ApprovalRecorded(task: task, attempt: 1, request: request.request))
        try await eventually("the request is not repeated") {
            let (before, time) = (try times(request), try times(clock))
            try await eventually("time passes") { try times(clock) >= time + 5 }
            return try times(request) == before
        }
        let count = device.device.gateway.connections.count
        device.connection.cut()
        let next = try await device.device.welcome(after: count, generation: 2)
        device.device.ackEverything(on: next)
        try await eventually("the request in the new session") {
            try next.all(ApprovalRequest.self).contains(request)
        }
        // The answer of a replaced dispatcher is ignored.
        try next.send(LinkState(up: true, leader: .generate(), epoch: 5))
        try device.answer(request, .allow, epoch: 4)
        try device.answer(request, .deny, message: "the new leader", epoch: 5)
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(device.model.requests.last?.toolResults == ["the new leader"])
        await device.stop()
    }

    @Test("A request that is open when the executor stops ends with it")
    func stopEndsRequest() async throws {
        let first = try await ClaudeDevice.start()
        first.model.answer(.tool("Bash", input: #"{"command":"touch a.txt"}"#), .text("never"))
        let task = try first.turn("wait")
        let request = try #require(try await first.asked(task).first)
        await first.device.server.stop()
        #expect(try await first.device.verdict(task).error?.code == .executorRestarted)
        let second = try await ClaudeDevice.start(after: first)
        let before = try second.closed(request)
        try second.answer(request, .allow)
        try await eventually("the request is reported closed") { try second.closed(request) > before }
        #expect(try second.connection.all(ApprovalRequest.self).isEmpty)
        #expect(!second.isThere("a.txt"))
        await second.stop()
    }
}
