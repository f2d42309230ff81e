import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

// Serialized: each test starts programs that use a whole core for a second, and other tests have time limits.
@Suite(
    "Questions and edited inputs of the real Claude Code", .serialized,
    .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup"))
struct ClaudeAnswerTests {
    private static let questions = #"""
        {"questions":[{"question":"Which colour?","header":"Colour","multiSelect":false,"options":[
        {"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]},
        {"question":"Which \"fruits\"?","header":"Fruits","multiSelect":true,"options":[
        {"label":"Apple","description":"a"},{"label":"Pear, green","description":"p"},{"label":"Fig","description":"f"}]}]}
        """#.replacing("\n", with: "")

    /// Answers the questions, and returns what the model read.
    private func result(_ answers: AgentQuestion.Answers?) async throws -> String {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("AskUserQuestion", input: Self.questions), .text("thanks"))
        let task = try device.turn("ask me")
        let request = try #require(try await device.asked(task).first)
        #expect(request.tool == "AskUserQuestion" && request.options == ApprovalOption.standard(hasRule: false))
        let asked = try #require(request.questions)
        #expect(asked.map(\.text) == ["Which colour?", #"Which "fruits"?"#])
        #expect(asked.map(\.multiple) == [false, true] && asked.map(\.header) == ["Colour", "Fruits"])
        #expect(asked[1].options.map(\.label) == ["Apple", "Pear, green", "Fig"])
        #expect(asked[0].options[0].description == "warm" && asked.allSatisfy(\.freeText))
        try device.answer(request, .allow, answers: answers)
        #expect(try await device.device.verdict(task).state == .completed)
        let result = try #require(device.model.requests.last?.toolResults.first)
        await device.stop()
        return result
    }

    @Test("A choice and several choices are what the model reads")
    func choices() async throws {
        let result = try await result(["1": ["Blue"], "2": ["Apple", "Pear, green"]])
        #expect(result.contains(#""Which colour?"="Blue""#), "\(result)")
        #expect(result.contains(#"="Apple, Pear, green""#), "\(result)")
    }

    @Test("Free text is what the model reads, beside a choice too")
    func freeText() async throws {
        let result = try await result(["1": ["a warm grey"], "2": ["Fig", "kiwi ü"]])
        #expect(result.contains(#""Which colour?"="a warm grey""#), "\(result)")
        #expect(result.contains(#"="Fig, kiwi ü""#), "\(result)")
    }

    @Test("A question without an answer is left out, and without any the model is told so")
    func unanswered() async throws {
        let some = try await result(["1": ["Red"]])
        #expect(some.contains(#""Which colour?"="Red""#) && !some.contains("Apple"), "\(some)")
        #expect(try await result(nil).contains("did not answer"))
    }

    @Test("An edited command is the one that runs")
    func editedCommand() async throws {
        let device = try await ClaudeDevice.start()
        device.model.answer(.tool("Bash", input: #"{"command":"touch a.txt","description":"make it"}"#), .text("done"))
        let task = try device.turn("make it")
        let request = try #require(try await device.asked(task).first)
        #expect(request.options == ApprovalOption.standard(hasRule: true) && request.inputCut == nil)
        try device.answer(
            request, .allow, input: ["command": "echo edited > b.txt", "description": "make it"])
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(!device.isThere("a.txt"))
        #expect(try String(contentsOfFile: device.work + "/b.txt", encoding: .utf8) == "edited\n")
        await device.stop()
    }

    @Test("An edited file is the one that is written, and nothing is allowed for the conversation")
    func editedFile() async throws {
        let device = try await ClaudeDevice.start()
        let file = device.work + "/notes.txt"
        device.model.answer(
            .tool("Write", input: #"{"file_path":"\#(file)","content":"theirs"}"#),
            .tool("Write", input: #"{"file_path":"\#(file)2","content":"again"}"#), .text("done"))
        let task = try device.turn("write it")
        let request = try #require(try await device.asked(task).first)
        // The dispatcher refuses the scope with an edited input; the executor does not take it either.
        try device.answer(
            request, .allow, .conversation, input: ["file_path": .string(file), "content": "mine"])
        let next = try await device.asked(task, count: 2)[1]
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
        try device.answer(next, .deny)
        #expect(try await device.device.verdict(task).state == .completed)
        await device.stop()
    }

    @Test("A cut input cannot be edited, and whole it can be allowed")
    func cutInput() async throws {
        let device = try await ClaudeDevice.start()
        let text = String(repeating: "x", count: 70_000)
        for (marker, file) in [("first", "a.txt"), ("second", "b.txt")] {
            device.model.answer(
                .tool("Write", input: #"{"file_path":"\#(device.work)/\#(file)","content":"\#(text)"}"#), .text("done"),
                to: marker)
        }
        let task = try device.turn("first")
        let request = try #require(try await device.asked(task).first)
        #expect(request.inputCut == true)
        try device.answer(request, .allow, input: ["file_path": "a.txt", "content": "short"])
        #expect(try await device.device.verdict(task).state == .completed)
        #expect(!device.isThere("a.txt"))
        #expect(try device.logs(task).contains { $0.contains("was cut, so it cannot be edited") })
        let next = try device.turn("second", follows: task)
        try device.answer(try #require(try await device.asked(next).first), .allow)
        #expect(try await device.device.verdict(next).state == .completed)
        #expect(try String(contentsOfFile: device.work + "/b.txt", encoding: .utf8) == text)
        await device.stop()
    }
}
