import Foundation
import Messages
import Testing

@testable import Executor

@Suite("Recorded lines of Claude Code 2.1.330 as events")
struct ClaudeTranslatorTests {
    private func lines(_ name: String) throws -> [String] { try ClaudeReading.lines(name) }

    private func read(_ lines: [String]) throws -> ClaudeReading { try ClaudeReading(lines) }

    @Test("Text streams token by token and is emitted once")
    func emitsTextOnce() throws {
        let reading = try read(lines("turns"))
        let said = ["Hello ", "there, ", "turn 1", "let me ", "tool ", "said so", "thought"]
        #expect(reading.texts(.agentMessageChunk) == said)
        #expect(reading.texts(.agentThoughtChunk) == ["hmm ", "well"])
        #expect(reading.endings.map(\.outcome) == [.completed, .completed, .completed])
        #expect(reading.sessions.count == 1)
        #expect(reading.ignored == 0)
    }

    @Test("A tool call is announced, gets its input, and ends with its result")
    func translatesToolCall() throws {
        let reading = try read(lines("turns"))
        let call = try #require(reading.all(.toolCall).first)
        #expect(call["title"] == "Bash")
        #expect(call["kind"] == "execute")
        #expect(call["status"] == "pending")
        let updates = reading.all(.toolCallUpdate)
        #expect(updates.count == 2)
        #expect(updates.allSatisfy { $0["toolCallId"] == call["toolCallId"] })
        #expect(updates[0]["status"] == "in_progress")
        #expect(updates[0]["title"] == "echo hi")
        #expect(updates[0]["rawInput"]?["command"] == "echo hi")
        #expect(updates[1]["status"] == "completed")
        #expect(updates[1]["content"]?.array?.first?["content"]?["text"] == "hi")
    }

    @Test("The cost of a turn is its own share")
    func splitsCost() throws {
        let costs = try read(lines("turns")).all(.usage).map { $0["cost_usd"] }
        #expect(costs == [.number(0.000181), .number(0.000361), .number(0.000181)])
        let usage = try #require(try read(lines("turns")).all(.usage).first)
        #expect(usage["input_tokens"] == 10)
        #expect(usage["output_tokens"] == 7)
        #expect(usage["cache_read_input_tokens"] == 3)
    }

    @Test("A failing tool is failed, its turn is not")
    func translatesFailingTool() throws {
        let reading = try read(lines("failing-tool"))
        let last = reading.all(.toolCallUpdate).filter { $0["status"] == "failed" }
        #expect(last.count == 2)
        #expect(last[0]["content"]?.array?.first?["content"]?["text"]?.string?.hasPrefix("Exit code 2") == true)
        #expect(reading.endings.map(\.outcome.state) == [.completed, .completed])
    }

    @Test("A permission request is passed on, and an error of the model's server names its status")
    func translatesPermissionAndError() throws {
        let reading = try read(lines("denied"))
        #expect(reading.permissions.map(\.toolName) == ["Bash"])
        #expect(reading.permissions.first?.input?["command"] == "touch made.txt")
        #expect(reading.endings.count == 2)
        let failure = reading.endings[1].outcome
        #expect(failure.state == .failed)
        #expect(failure.fault?.code == .agentFailed)
        #expect(failure.fault?.message.contains("scripted failure") == true)
        #expect(failure.fault?.message.contains("400") == true)
        #expect(reading.texts(.agentMessageChunk).allSatisfy { !$0.contains("scripted failure") })
    }

    @Test("An interrupted turn keeps its text, once")
    func keepsInterruptedText() throws {
        let reading = try read(lines("interrupted"))
        let ticks = reading.texts(.agentMessageChunk).filter { $0.hasPrefix("tick") }
        #expect(ticks == (0..<ticks.count).map { "tick\($0) " })
        #expect(ticks.count > 10)
        #expect(reading.endings.map(\.outcome.state) == [.completed, .completed, .failed, .completed, .completed])
    }

    @Test("A todo list is a plan and not a tool call")
    func translatesPlan() throws {
        let reading = try read(lines("interrupted"))
        #expect(reading.all(.plan) == [["entries": [["content": "one", "priority": "medium", "status": "pending"]]]])
        #expect(reading.all(.toolCall).isEmpty)
    }

    @Test("A missing session is recognised")
    func recognisesMissingSession() throws {
        let reading = try read(lines("unknown-session"))
        #expect(reading.endings.map(\.isUnknownSession) == [true])
        #expect(reading.events.allSatisfy { $0.kind == .log })
    }

    @Test("A message without deltas is emitted whole")
    func emitsWholeMessage() throws {
        let streamed = try lines("turns")
        let whole = try read(streamed.filter { !$0.contains(#""type":"stream_event""#) })
        #expect(whole.texts(.agentMessageChunk) == ["Hello there, turn 1", "let me ", "tool said so", "thought"])
        #expect(whole.texts(.agentThoughtChunk) == ["hmm well"])
        #expect(whole.all(.toolCall).first?["rawInput"]?["command"] == "echo hi")
    }

    @Test("A result of any size is split and not cut")
    func splitsLargeResult() throws {
        let text = String(repeating: "0123456789\\n", count: 30_000)
        let line =
            #"{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"\#(text)"}]}}"#
        let updates = try read([line]).all(.toolCallUpdate)
        #expect(updates.count == 6)
        #expect(updates.dropLast().allSatisfy { $0["status"] == "in_progress" })
        #expect(updates.last?["status"] == "completed")
        let joined = updates.compactMap { $0["content"]?.array?.first?["content"]?["text"]?.string }.joined()
        #expect(joined == text.replacingOccurrences(of: "\\n", with: "\n"))
    }

    @Test("An input larger than an event is emitted in pieces")
    func splitsLargeInput() throws {
        let text = String(repeating: "x", count: 2 << 20)
        let line =
            #"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Write","input":{"file_path":"/f","content":"\#(text)"}}]}}"#
        let reading = try read([line])
        #expect(reading.all(.toolCall).first?["rawInput"] == nil)
        #expect(reading.all(.toolCallUpdate).count > 30)
    }

    @Test("Text of a subagent carries the tool call that it belongs to")
    func marksSubagentText() throws {
        let line =
            #"{"type":"assistant","parent_tool_use_id":"p1","message":{"id":"m","content":[{"type":"text","text":"sub"}]}}"#
        let chunk = try #require(try read([line]).all(.agentMessageChunk).first)
        #expect(chunk["_meta"]?["parentToolCallId"] == "p1")
    }

    @Test(
        "A line of unexpected form is ignored",
        arguments: [
            "", "no json", "[]", "{}", #"{"type":5}"#, #"{"type":"news"}"#, #"{"type":"assistant"}"#,
            #"{"type":"stream_event","event":7}"#, #"{"type":"result","is_error":"maybe","usage":[]}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result"}]}}"#,
        ])
    func ignoresUnexpectedLine(line: String) throws { _ = try read([line]) }
}
