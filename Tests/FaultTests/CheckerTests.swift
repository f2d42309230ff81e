import Foundation
import Synchronization
import TestClient
import TestSupport
import Testing

@testable import Faults

/// A checker that finds nothing is worth nothing: each broken promise is shown to it by a gateway that breaks it.
@Suite struct CheckerTests {
    /// What a gateway that keeps its promises would answer for one quick job.
    private struct Said {
        var events: [String]
        var state = "completed"
        var error = "null"
        /// What the live stream has instead of ``events``.
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

    /// As it should be.
    private var good: Said { Said(events: [state(1, "running"), text(2, job.text), state(3, "completed")]) }

    /// What the checker says to a gateway that answers so.
    private func complaints(_ said: Said, cancelled: Bool = false, chosen: Chosen = Chosen()) async throws -> [String] {
        let server = try TinyServer { connection in
            guard let request = connection.request() else { return }
            let json = "Content-Type: application/json\r\n"
            if request.head.lowercased().contains("text/event-stream") {
                let stream = (said.streamed ?? said.events).map { event in
                    let seq = (try? JSON(event.utf8))?["seq"].int ?? 0
                    let kind = (try? JSON(event.utf8))?["kind"].string ?? ""
                    return "id: \(seq)\nevent: \(kind)\ndata: \(event)\n\n"
                }
                connection.answer(headers: "Content-Type: text/event-stream\r\n", body: stream.joined())
            } else if request.line.contains("/events") {
                connection.answer(
                    headers: json, body: #"{"items":[\#(said.events.joined(separator: ","))],"next":null}"#)
            } else {
                connection.answer(headers: json, body: #"{"state":"\#(said.state)","error":\#(said.error)}"#)
            }
        }
        defer { server.stop() }
        let api = API(server.url)
        let order = Order(job, chosen)
        order.accepted("task", Follower(api, task: "task"))
        if cancelled { order.cancelling() }
        let wrong = await Checker(allowed: ["executor_restarted"], api: api).check([order], within: .seconds(5))
        await api.shutdown()
        return wrong
    }

    @Test("What is as promised is not complained of")
    func keeps() async throws {
        #expect(try await complaints(good) == [])
        var restarted = Said(events: [text(1, "t 1\n"), state(2, "failed")], state: "failed")
        restarted.error = #"{"code":"executor_restarted"}"#
        #expect(try await complaints(restarted) == [])
        #expect(
            try await complaints(Said(events: [state(1, "cancelled")], state: "cancelled"), cancelled: true) == [])
    }

    @Test("A gap, a double, a lost or a changed event is found")
    func streams() async throws {
        var said = good
        said.streamed = [said.events[0], said.events[2]]
        #expect(try await complaints(said).contains { $0.contains("seq 3 came after 1") })
        said.streamed = [said.events[0], said.events[0], said.events[1], said.events[2]]
        #expect(try await complaints(said).contains { $0.contains("seq 1 came after 1") })
        said.streamed = [said.events[0], text(2, "other"), said.events[2]]
        #expect(try await complaints(said).contains { $0.contains("something else than the log") })
        said = Said(events: [good.events[0], good.events[2]])
        #expect(try await complaints(said).contains { $0.contains("seq 3 at place 2") })
    }

    @Test("A task without an end, or with two, is found")
    func ends() async throws {
        let open = Said(events: [state(1, "running")], state: "running")
        let complaints = try await complaints(open)
        #expect(complaints.contains { $0.contains("0 terminal events") })
        #expect(complaints.contains { $0.contains("a viewer from 0") })
        let twice = Said(events: [text(1, job.text), state(2, "completed"), state(3, "failed")])
        #expect(try await self.complaints(twice).contains { $0.contains("2 terminal events") })
    }

    @Test("Output that was lost, doubled or put out of order is found")
    func output() async throws {
        for text in ["t 1\nt 3\n", "t 1\nt 1\nt 2\n", "t 2\nt 1\n"] {
            let said = Said(events: [self.text(1, text), state(2, "completed")])
            let complaints = try await complaints(said)
            #expect(complaints.contains { $0.contains("other output than it wrote") }, "\(text)")
            #expect(complaints.contains { $0.contains("not the beginning of what it wrote") }, "\(text)")
        }
    }

    @Test("A second start, a wrong verdict and an end that nobody may give are found")
    func verdicts() async throws {
        try directory.write("spawn 1\nspawn 2\nend 2\n", to: "journal")
        #expect(try await complaints(good).contains { $0.contains("started 2 times") })
        var said = good
        said.state = "failed"
        #expect(try await complaints(said).contains { $0.contains("its log says completed") })
        said = Said(events: [state(1, "failed")], state: "failed", error: #"{"code":"internal"}"#)
        #expect(try await complaints(said).contains { $0.contains("it ended as failed (\"internal\")") })
        said = Said(events: [state(1, "cancelled")], state: "cancelled")
        #expect(try await complaints(said).contains { $0.contains("it ended as cancelled") })
    }

    private func begins(_ seq: Int, _ attempt: Int) -> String {
        event(seq, "state", #"{"state":"running","attempt":\#(attempt)}"#)
    }

    @Test("What a task has chosen is held against what became of it")
    func choices() async throws {
        let requeue = Chosen(onDisconnect: .requeue)
        let twice = Said(
            events: [begins(1, 1), text(2, "t 1\n"), begins(3, 2), text(4, job.text), state(5, "completed")])
        try directory.write("spawn 1\nspawn 2\nend 2\n", to: "journal")
        #expect(try await complaints(twice, chosen: requeue) == [])
        #expect(try await complaints(twice).contains { $0.contains("started 2 times") })
        let lost = Said(events: [begins(1, 1), begins(2, 2), text(3, "t 1\n"), state(4, "completed")])
        #expect(try await complaints(lost, chosen: requeue).contains { $0.contains("other output than it wrote") })
        try directory.write("spawn 1\ndouble 1\nspawn 2\nend 2\n", to: "journal")
        #expect(try await complaints(twice, chosen: requeue).contains { $0.contains("twice at once, beside") })

        try directory.write("spawn 1\n", to: "journal")
        func failed(_ code: String, _ chosen: Chosen) async throws -> [String] {
            try await complaints(
                Said(events: [begins(1, 1), state(2, "failed")], state: "failed", error: #"{"code":"\#(code)"}"#),
                chosen: chosen)
        }
        let wait = Chosen(onDisconnect: .wait)
        #expect(try await failed("executor_restarted", wait) == [])
        #expect(try await failed("device_disconnected", wait).contains { $0.contains("it ended as failed") })
        #expect(try await failed("executor_restarted", requeue).contains { $0.contains("it ended as failed") })
        #expect(try await failed("attempts_exhausted", requeue) == [])
        #expect(try await failed("device_disconnected", Chosen(grace: 0)) == [])
        #expect(try await failed("device_disconnected", Chosen()).contains { $0.contains("it ended as failed") })
    }

    @Test("A slot in use, a file in the spool and a process that was left behind are found")
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
        let checker = Checker(allowed: [], api: api)
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
