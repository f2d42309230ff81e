import Foundation
import Messages
import Testing

@testable import Executor

@Suite("Open permission requests, without an agent or a clock")
struct OpenRequestsTests {
    private let attempt = AttemptID(task: .generate(), attempt: 1)
    private let start = ContinuousClock.now

    private func request(_ name: String) -> ApprovalRequest {
        ApprovalRequest(
            task: attempt.task, attempt: 1, request: name, after: 3, tool: "Bash", title: "ls", input: [:],
            requestedAt: .now())
    }

    private func key(_ name: String) -> OpenRequests.Key { OpenRequests.Key(attempt: attempt, request: name) }

    private func asking(_ names: String...) -> OpenRequests {
        var requests = OpenRequests()
        for name in names { #expect(requests.ask(request(name), rules: [], now: start) { _ in }) }
        return requests
    }

    @Test("A permission request is sent again every few seconds until it is recorded")
    func repeatsUntilRecorded() {
        var requests = asking("a", "b")
        #expect(requests.due(start + .seconds(4.9), pace: 5).isEmpty)
        #expect(requests.due(start + .seconds(5), pace: 5).map(\.request) == ["a", "b"])
        #expect(requests.due(start + .seconds(9), pace: 5).isEmpty)
        requests.recorded(key("a"))
        #expect(requests.due(start + .seconds(10), pace: 5).map(\.request) == ["b"])
    }

    @Test("A new session gets every open request, recorded ones included")
    func newSessionGetsAllRequests() {
        var requests = asking("a", "b")
        requests.recorded(key("a"))
        #expect(requests.resume(start).open.map(\.request) == ["a", "b"])
        #expect(requests.due(start + .seconds(5), pace: 5).map(\.request) == ["a", "b"])
    }

    @Test("Only the first request and the first answer count")
    func firstRequestAndAnswerCount() {
        var requests = asking("a")
        #expect(!requests.ask(request("a"), rules: [], now: start) { _ in })
        #expect(requests.count(of: attempt) == 1)
        #expect(requests.answer(key("a")) != nil)
        #expect(requests.answer(key("a")) == nil)
        #expect(requests.withdraw(key("a")) == nil)
        #expect(requests.isEmpty)
    }

    @Test("A request closed without an answer is sent in each session until its attempt is over")
    func closedRequestsAreRepeated() {
        var requests = asking("a", "b", "c")
        #expect(requests.withdraw(key("a"))?.request == "a")
        _ = requests.answer(key("b"))
        #expect(requests.close(attempt).map(\.request) == ["c"])
        #expect(requests.resume(start).closed.map(\.request) == ["a", "c"])
        #expect(requests.resume(start).open.isEmpty)
        requests.forget(attempt)
        #expect(requests.resume(start).closed.isEmpty)
    }

    @Test("The number of remembered closed requests is bounded")
    func closedRequestsAreBounded() {
        var requests = OpenRequests()
        for number in 0..<200 {
            _ = requests.ask(request("\(number)"), rules: [], now: start) { _ in }
            _ = requests.withdraw(key("\(number)"))
        }
        #expect(requests.resume(start).closed.map(\.request) == (136..<200).map(String.init))
    }
}

@Suite("Inputs that are too long to show")
struct PermissionInputTests {
    @Test("An input that fits is unchanged")
    func keepsFittingInput() {
        let input: JSONValue = ["command": "ls", "timeout": 5]
        #expect(PermissionInput.cut(input) == input)
    }

    @Test("The longest texts are cut on a character boundary, with a mark")
    func cutsLongestTexts() throws {
        let input: JSONValue = [
            "path": "/a/b", "old": .string(String(repeating: "e\u{301}", count: 50_000)), "count": 7,
            "list": [.string(String(repeating: "👩‍👩‍👧", count: 9000)), "short"],
        ]
        let cut = PermissionInput.cut(input)
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

    @Test("Escapes count against the limit")
    func countsEscapes() {
        let input: JSONValue = ["content": .string(String(repeating: "\u{1}", count: 20_000))]
        #expect(PermissionInput.cut(input).bytes.count <= Limits.approvalInput)
    }

    @Test("An input that cannot be cut in its texts is only described")
    func describesUncuttableInput() {
        let input = JSONValue.array((0..<40_000).map { .whole($0) })
        let cut = PermissionInput.cut(input)
        #expect(cut.bytes.count <= Limits.approvalInput)
        #expect(cut["cut"]?.string?.contains("bytes") == true)
    }
}
