import Foundation
import Synchronization
import TestClient
import TestSupport
import Testing

@testable import Faults

/// A scripted gateway breaks each promise, and the checker must find it.
@Suite("Fault checker")
struct CheckerTests {
    /// The scripted gateway's answers for one quick job.
    private struct Answers {
        var events: [String]
        var state = "completed"
        var error = "null"
        /// The events of the live stream, if they differ from ``events``.
        var streamed: [String]?
    }

    private let directory: TemporaryDirectory
    private let job: Job

    init() throws {
        directory = try TemporaryDirectory()
        job = Job(kind: .quick, token: "t", journal: directory.file("journal"))
        try directory.write("spawn 1\nend 1\n", to: "journal")
    }

    private func event(_ seq: Int, _ kind: String, _ data: String) -> String {
        #"{"seq":\#(seq),"kind":"\#(kind)","time":"2026-01-01T00:00:00.000Z","data":\#(data)}"#
    }

    private func text(_ seq: Int, _ text: String) -> String {
        event(seq, "agent_message_chunk", #"{"content":{"type":"text","text":\#(JSON.quoted(text))}}"#)
    }

    private func state(_ seq: Int, _ state: String) -> String { event(seq, "state", #"{"state":"\#(state)"}"#) }

    /// Answers without a violation.
    private var valid: Answers { Answers(events: [state(1, "running"), text(2, job.text), state(3, "completed")]) }

    /// Returns the violations that the checker finds in `answers`.
    private func violations(
        _ answers: Answers, cancelled: Bool = false, choices: TaskChoices = TaskChoices()
    ) async throws -> [String] {
        let server = try TinyServer { connection in
            guard let request = connection.request() else { return }
            let json = "Content-Type: application/json\r\n"
            if request.head.lowercased().contains("text/event-stream") {
                let stream = (answers.streamed ?? answers.events).map { event in
                    let seq = (try? JSON(event.utf8))?["seq"].int ?? 0
                    let kind = (try? JSON(event.utf8))?["kind"].string ?? ""
                    return "id: \(seq)\nevent: \(kind)\ndata: \(event)\n\n"
                }
                connection.answer(headers: "Content-Type: text/event-stream\r\n", body: stream.joined())
            } else if request.line.contains("/events") {
                connection.answer(
                    headers: json, body: #"{"items":[\#(answers.events.joined(separator: ","))],"next":null}"#)
            } else {
                connection.answer(headers: json, body: #"{"state":"\#(answers.state)","error":\#(answers.error)}"#)
            }
        }
        defer { server.stop() }
        let api = API(server.url)
        let submission = Submission(job, choices)
        submission.accepted("task", Follower(api, task: "task"))
        if cancelled { submission.requestCancel() }
        let wrong = await Checker(allowedCodes: ["executor_restarted"], api: api).check(
            [submission], within: .seconds(5))
        await api.shutdown()
        return wrong
    }

    @Test("Answers as promised have no violation")
    func noViolation() async throws {
        #expect(try await violations(valid) == [])
        var restarted = Answers(events: [text(1, "t 1\n"), state(2, "failed")], state: "failed")
        restarted.error = #"{"code":"executor_restarted"}"#
        #expect(try await violations(restarted) == [])
        #expect(
            try await violations(Answers(events: [state(1, "cancelled")], state: "cancelled"), cancelled: true) == [])
    }

    @Test("A missing, repeated, lost or changed event is found")
    func streams() async throws {
        var answers = valid
        answers.streamed = [answers.events[0], answers.events[2]]
        #expect(try await violations(answers).contains { $0.contains("seq 3 came after 1") })
        answers.streamed = [answers.events[0], answers.events[0], answers.events[1], answers.events[2]]
        #expect(try await violations(answers).contains { $0.contains("seq 1 came after 1") })
        answers.streamed = [answers.events[0], text(2, "other"), answers.events[2]]
        #expect(try await violations(answers).contains { $0.contains("other events than the log") })
        answers = Answers(events: [valid.events[0], valid.events[2]])
        #expect(try await violations(answers).contains { $0.contains("seq 3 at position 2") })
    }

    @Test("A task with no end or two ends is found")
    func ends() async throws {
        let open = Answers(events: [state(1, "running")], state: "running")
        let violations = try await violations(open)
        #expect(violations.contains { $0.contains("0 terminal events") })
        #expect(violations.contains { $0.contains("a viewer from 0") })
        let twice = Answers(events: [text(1, job.text), state(2, "completed"), state(3, "failed")])
        #expect(try await self.violations(twice).contains { $0.contains("2 terminal events") })
    }

    @Test("Lost, repeated or reordered output is found")
    func output() async throws {
        for text in ["t 1\nt 3\n", "t 1\nt 1\nt 2\n", "t 2\nt 1\n"] {
            let answers = Answers(events: [self.text(1, text), state(2, "completed")])
            let violations = try await violations(answers)
            #expect(violations.contains { $0.contains("other output than it wrote") }, "\(text)")
            #expect(violations.contains { $0.contains("not a prefix of what it wrote") }, "\(text)")
        }
    }

    @Test("A second start, a wrong state and a forbidden end are found")
    func verdicts() async throws {
        try directory.write("spawn 1\nspawn 2\nend 2\n", to: "journal")
        #expect(try await violations(valid).contains { $0.contains("started 2 times") })
        var answers = valid
        answers.state = "failed"
        #expect(try await violations(answers).contains { $0.contains("its log ends with completed") })
        answers = Answers(events: [state(1, "failed")], state: "failed", error: #"{"code":"internal"}"#)
        #expect(try await violations(answers).contains { $0.contains("it ended as failed (\"internal\")") })
        answers = Answers(events: [state(1, "cancelled")], state: "cancelled")
        #expect(try await violations(answers).contains { $0.contains("it ended as cancelled") })
    }

    private func running(_ seq: Int, _ attempt: Int) -> String {
        event(seq, "state", #"{"state":"running","attempt":\#(attempt)}"#)
    }

    @Test("A task's end must match its choices")
    func choices() async throws {
        let requeue = TaskChoices(onDisconnect: .requeue)
        let twice = Answers(
            events: [running(1, 1), text(2, "t 1\n"), running(3, 2), text(4, job.text), state(5, "completed")])
        try directory.write("spawn 1\nspawn 2\nend 2\n", to: "journal")
        #expect(try await violations(twice, choices: requeue) == [])
        #expect(try await violations(twice).contains { $0.contains("started 2 times") })
        let lost = Answers(events: [running(1, 1), running(2, 2), text(3, "t 1\n"), state(4, "completed")])
        #expect(try await violations(lost, choices: requeue).contains { $0.contains("other output than it wrote") })
        try directory.write("spawn 1\ndouble 1\nspawn 2\nend 2\n", to: "journal")
        #expect(
            try await violations(twice, choices: requeue).contains { $0.contains("twice at the same time, beside") })

        try directory.write("spawn 1\n", to: "journal")
        func failed(_ code: String, _ choices: TaskChoices) async throws -> [String] {
            try await violations(
                Answers(events: [running(1, 1), state(2, "failed")], state: "failed", error: #"{"code":"\#(code)"}"#),
                choices: choices)
        }
        let wait = TaskChoices(onDisconnect: .wait)
        #expect(try await failed("executor_restarted", wait) == [])
        #expect(try await failed("device_disconnected", wait).contains { $0.contains("it ended as failed") })
        #expect(try await failed("executor_restarted", requeue).contains { $0.contains("it ended as failed") })
        #expect(try await failed("attempts_exhausted", requeue) == [])
        #expect(try await failed("device_disconnected", TaskChoices(grace: 0)) == [])
        #expect(try await failed("device_disconnected", TaskChoices()).contains { $0.contains("it ended as failed") })
    }

    @Test("A used slot, a file in the spool and a leftover process are found")
    func leftovers() async throws {
        let used = Mutex(1)
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            let slots = used.withLock { #"{"used":\#($0),"total":5}"# }
            connection.answer(
                headers: "Content-Type: application/json\r\n", body: #"{"items":[{"id":"box","slots":\#(slots)}]}"#)
        }
        defer { server.stop() }
        let api = API(server.url)
        let checker = Checker(allowedCodes: [], api: api)
        let spool = try directory.folder("spool")
        try directory.write("event", to: "spool/task.1")
        let process = try ChildProcess(
            "/bin/sleep", ["600"], environment: ["HOME": directory.path, "WEGENT_TASK": "task/1"])
        let check = { (limit: Duration) in
            await checker.check(executor: "box", spool: spool, home: directory.path, within: limit)
        }
        let wrong = await check(.milliseconds(300))
        #expect(wrong.contains { $0.contains("slots in use") })
        #expect(wrong.contains { $0.contains("task.1") })
        #if os(Linux)
            #expect(wrong.contains { $0.contains("\(process.pid)") && $0.contains("sleep 600") })
        #endif
        used.withLock { $0 = 0 }
        try FileManager.default.removeItem(atPath: "\(spool)/task.1")
        process.signal(SIGKILL)
        try await process.exit()
        #expect(await check(.seconds(20)) == [])
        await api.shutdown()
    }
}
