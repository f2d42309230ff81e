import Foundation
import Messages
import Testing

@testable import Executor

/// Which requests wait, and what is said of them, without an agent or a clock.
struct ApprovalsTests {
    private let attempt = AttemptID(task: .generate(), attempt: 1)
    private let start = ContinuousClock.now

    private func request(_ name: String) -> ApprovalRequest {
        ApprovalRequest(
            task: attempt.task, attempt: 1, request: name, after: 3, tool: "Bash", title: "ls", input: [:],
            requestedAt: .now())
    }

    private func key(_ name: String) -> Approvals.Key { Approvals.Key(attempt: attempt, request: name) }

    private func asking(_ names: String...) -> Approvals {
        var approvals = Approvals()
        for name in names { #expect(approvals.ask(request(name), rules: [], now: start) { _ in }) }
        return approvals
    }

    @Test func `It is said again every few seconds until it is recorded`() {
        var approvals = asking("a", "b")
        #expect(approvals.due(start + .seconds(4.9), pace: 5).isEmpty)
        #expect(approvals.due(start + .seconds(5), pace: 5).map(\.request) == ["a", "b"])
        #expect(approvals.due(start + .seconds(9), pace: 5).isEmpty)
        approvals.recorded(key("a"))
        #expect(approvals.due(start + .seconds(10), pace: 5).map(\.request) == ["b"])
    }

    @Test func `A new session is told everything, what was recorded as well`() {
        var approvals = asking("a", "b")
        approvals.recorded(key("a"))
        #expect(approvals.resume(start).open.map(\.request) == ["a", "b"])
        #expect(approvals.due(start + .seconds(5), pace: 5).map(\.request) == ["a", "b"])
    }

    @Test func `Only the first request and the first answer count`() {
        var approvals = asking("a")
        #expect(!approvals.ask(request("a"), rules: [], now: start) { _ in })
        #expect(approvals.count(of: attempt) == 1)
        #expect(approvals.answer(key("a")) != nil)
        #expect(approvals.answer(key("a")) == nil)
        #expect(approvals.withdraw(key("a")) == nil)
        #expect(approvals.isEmpty)
    }

    @Test func `What was closed without an answer is told in each session until the attempt is over`() {
        var approvals = asking("a", "b", "c")
        #expect(approvals.withdraw(key("a"))?.request == "a")
        _ = approvals.answer(key("b"))
        #expect(approvals.close(attempt).map(\.request) == ["c"])
        #expect(approvals.resume(start).closed.map(\.request) == ["a", "c"])
        #expect(approvals.resume(start).open.isEmpty)
        approvals.forget(attempt)
        #expect(approvals.resume(start).closed.isEmpty)
    }

    @Test func `What is remembered of closed ones has a bound`() {
        var approvals = Approvals()
        for number in 0..<200 {
            _ = approvals.ask(request("\(number)"), rules: [], now: start) { _ in }
            _ = approvals.withdraw(key("\(number)"))
        }
        #expect(approvals.resume(start).closed.map(\.request) == (136..<200).map(String.init))
    }
}

/// Inputs that are too long to show.
struct ApprovalInputTests {
    @Test func `What fits is left as it is`() {
        let input: JSONValue = ["command": "ls", "timeout": 5]
        #expect(ApprovalInput.cut(input) == input)
    }

    @Test func `The longest texts are cut on a character, and say so`() throws {
        let input: JSONValue = [
            "path": "/a/b", "old": .string(String(repeating: "e\u{301}", count: 50_000)), "count": 7,
            "list": [.string(String(repeating: "👩‍👩‍👧", count: 9000)), "short"],
        ]
        let cut = ApprovalInput.cut(input)
        #expect(cut.bytes.count <= Limits.approvalInput)
        #expect(cut.bytes.count > Limits.approvalInput * 9 / 10)
        #expect(cut["path"] == "/a/b")
        #expect(cut["count"] == 7)
        #expect(cut["list"]?.array?.last == "short")
        for (text, character) in [(cut["old"]?.string, "e\u{301}"), (cut["list"]?.array?.first?.string, "👩‍👩‍👧")] {
            let parts = try #require(text).components(separatedBy: "…")
            #expect(parts.count == 2)
            #expect(parts[0].allSatisfy { String($0) == character })
            #expect(parts[1].hasSuffix(" bytes cut]"))
        }
    }

    @Test func `Escapes count`() {
        let input: JSONValue = ["content": .string(String(repeating: "\u{1}", count: 20_000))]
        #expect(ApprovalInput.cut(input).bytes.count <= Limits.approvalInput)
    }

    @Test func `What cannot be cut in its texts is only described`() {
        let input = JSONValue.array((0..<40_000).map { .whole($0) })
        let cut = ApprovalInput.cut(input)
        #expect(cut.bytes.count <= Limits.approvalInput)
        #expect(cut["cut"]?.string?.contains("bytes") == true)
    }
}
