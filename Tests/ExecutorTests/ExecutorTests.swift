import Foundation
import Launch
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The whole executor over a real socket")
struct ExecutorTests {
    @Test("The executor registers, reports, runs a task, and reports the free slot before the verdict")
    func runsTask() async throws {
        let device = try await DeviceUnderTest.start()
        let connection = device.connection
        let registration = try #require(try connection.all(DeviceRegister.self).first)
        #expect(registration.device == "test")
        #expect(registration.slots == 5)
        #expect(registration.owner == nil)
        #expect(registration.agents.map(\.name) == ["claude-code", "shell"])
        #expect(registration.agents.map(\.ready) == [false, true])
        #expect(registration.agents[0].detail?.contains("install") == true)
        device.ackEverything(on: connection)
        let task = try device.assign("echo one; echo two")
        let verdict = try await device.verdict(task)
        #expect(verdict.state == .completed)
        #expect(verdict.exitCode == 0)
        let events = try device.events(task, on: connection)
        #expect(events.map(\.attemptSeq) == Array(1...UInt64(events.count)))
        #expect(verdict.attemptSeq == UInt64(events.count) + 1)
        let types = connection.types
        let started = try #require(types.firstIndex(of: TaskStarted.type))
        let first = try #require(types.firstIndex(of: EventsAppend.type))
        let finished = try #require(types.firstIndex(of: TaskFinished.type))
        #expect(started < first && first < finished)
        let reports = try connection.all(DeviceReport.self).map(\.used)
        #expect(reports.prefix(3) == [0, 1, 0])
        // The report of the free slot precedes the verdict.
        #expect(types[..<finished].filter { $0 == DeviceReport.type }.count >= 3)
        try await eventually("the spool is empty") {
            try FileManager.default.contentsOfDirectory(atPath: device.spool).isEmpty
        }
        await device.stop()
    }

    @Test("An assignment that is repeated runs once")
    func repeatedAssignmentRunsOnce() async throws {
        let device = try await DeviceUnderTest.start()
        let log = device.folder.file("log")
        let task = try device.assign(
            "echo run >> \(log); while [ ! -e \(device.folder.file("go")) ]; do sleep 0.02; done")
        try await eventually("the start") { try !device.connection.all(TaskStarted.self).isEmpty }
        for _ in 0..<5 { try device.assign("echo again >> \(log)", task: task) }
        try await eventually("the replies") { try device.connection.all(TaskStarted.self).count == 6 }
        device.ackEverything(on: device.connection)
        try device.folder.write("", to: "go")
        _ = try await device.verdict(task)
        try await eventually("it is over") {
            try device.connection.all(DeviceReport.self).last?.attempts.isEmpty == true
        }
        // Also after it is over and forgotten.
        try device.assign("echo late >> \(log)", task: task)
        #expect(try await device.refusal(task).code == .staleSession)
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "run\n")
        await device.stop()
    }

    @Test("Assignments beyond the slots, to a busy conversation or an unknown agent are refused")
    func refusesAssignments() async throws {
        let device = try await DeviceUnderTest.start { $0.slots = 2 }
        let conversation = ConversationID.generate()
        let first = try device.assign("sleep 600", conversation: conversation)
        try await eventually("the start") { try device.connection.all(TaskStarted.self).count == 1 }
        let busy = try await device.refusal(device.assign("true", conversation: conversation))
        #expect(busy.code == .slotsFull)
        #expect(busy.message.contains("conversation"))
        try device.assign("sleep 600")
        try await eventually("the start") { try device.connection.all(TaskStarted.self).count == 2 }
        #expect(try await device.refusal(device.assign("true")).code == .slotsFull)
        #expect(try device.connection.all(DeviceReport.self).last?.used == 2)
        try device.connection.send(TaskStop(task: first, attempt: 1, epoch: 1, graceS: 1, discard: false))
        #expect(try await device.verdict(first).state == .cancelled)
        let unknown = try await device.refusal(device.assign("hi", agent: "nobody"))
        #expect(unknown.code == .agentUnknown)
        let missing = try await device.refusal(device.assign("hi", agent: "claude-code"))
        #expect(missing.code == .agentMissing)
        #expect(missing.message.contains("install"))
        let outside = try await device.refusal(device.assign("hi", cwd: "/etc"))
        #expect(outside.code == .cwdNotAllowed)
        try await eventually("the slots are counted right") {
            try device.connection.all(DeviceReport.self).last?.used == 1
        }
        await device.stop()
    }

    @Test("The shell is refused unless it is allowed")
    func refusesShell() async throws {
        let device = try await DeviceUnderTest.start { $0.allowShell = false }
        #expect(try await device.refusal(device.assign("true")).code == .agentNotAllowed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: device.spool).isEmpty)
        await device.stop()
    }

    @Test("A cut link is dialled again, and unacknowledged events are sent again")
    func resumesAfterCut() async throws {
        let device = try await DeviceUnderTest.start()
        let first = device.connection
        let task = try device.assign(
            "while [ ! -e \(device.folder.file("go")) ]; do echo tick; sleep 0.02; done"
        )
        try await eventually("three events") { try device.events(task, on: first).count >= 3 }
        let seen = try device.events(task, on: first)
        try first.send(EventsAck(acks: [AttemptAck(task: task, attempt: 1, seq: 1)]))
        // The ack was handled once a later message has its reply.
        try device.assign("", task: task)
        try await eventually("the answer") { try first.all(TaskStarted.self).count == 2 }
        first.cut()
        let second = try await device.welcome(after: 1, generation: 2)
        try await eventually("the rest") { try device.events(task, on: second).count >= seen.count - 1 }
        #expect(try device.events(task, on: second).map(\.attemptSeq).first == 2)
        #expect(try second.all(DeviceRegister.self).first?.generation == 1)
        let report = try #require(try second.all(DeviceReport.self).first)
        #expect(report.attempts.map(\.task) == [task])
        #expect(report.attempts.first?.ended == false)
        try device.folder.write("", to: "go")
        let verdict = try await device.verdict(task)
        #expect(verdict.state == .completed)
        let again = try device.events(task, on: second)
        #expect(again.map(\.attemptSeq) == Array(2..<verdict.attemptSeq))
        #expect(again.prefix(2).map(\.payload) == seen[1...].prefix(2).map(\.payload))
        await device.stop()
    }

    @Test("A dispatcher that lacks events gets them from the number it names")
    func resyncs() async throws {
        let device = try await DeviceUnderTest.start()
        let task = try device.assign(
            "while [ ! -e \(device.folder.file("go")) ]; do echo tick; sleep 0.02; done")
        try await eventually("three events") { try device.events(task, on: device.connection).count >= 3 }
        try device.folder.write("", to: "go")
        let verdict = try await device.verdict(task)
        let before = try device.events(task, on: device.connection).count
        try device.connection.send(EventsResync(task: task, attempt: 1, from: 2))
        try await eventually("the verdict again") {
            try device.connection.all(TaskFinished.self).filter { $0.task == task }.count == 2
        }
        let again = try device.events(task, on: device.connection).dropFirst(before)
        #expect(again.map(\.attemptSeq) == Array(2..<verdict.attemptSeq))
        await device.stop()
    }

    @Test("A stop cancels, and a stop that discards leaves nothing")
    func stops() async throws {
        let device = try await DeviceUnderTest.start()
        let one = try device.assign("echo up; sleep 600")
        let two = try device.assign("echo up; sleep 600")
        try await eventually("both run") { try device.connection.all(EventsAppend.self).count >= 2 }
        try device.connection.send(TaskStop(task: one, attempt: 1, epoch: 1, graceS: 2, discard: false))
        #expect(try await device.verdict(one).state == .cancelled)
        try device.connection.send(TaskStop(task: two, attempt: 1, epoch: 1, graceS: 2, discard: true))
        try await eventually("it is gone from the report") {
            try device.connection.all(DeviceReport.self).last?.attempts.map(\.task) == [one]
        }
        #expect(try device.connection.all(TaskFinished.self).allSatisfy { $0.task == one })
        // A stop for an unknown attempt is answered by a report.
        let reports = try device.connection.all(DeviceReport.self).count
        try device.connection.send(TaskStop(task: .generate(), attempt: 1, epoch: 1, graceS: 2, discard: true))
        try await eventually("a report") { try device.connection.all(DeviceReport.self).count > reports }
        await device.stop()
    }

    @Test("A replaced dispatcher is ignored")
    func ignoresReplacedDispatcher() async throws {
        let device = try await DeviceUnderTest.start()
        let task = try device.assign("sleep 600", epoch: 7)
        try await eventually("the start") { try !device.connection.all(TaskStarted.self).isEmpty }
        try device.connection.send(TaskStop(task: task, attempt: 1, epoch: 6, graceS: 1, discard: false))
        try device.assign("true", epoch: 6)
        try device.assign("true", task: task, epoch: 7)
        try await eventually("the reply to the current dispatcher") {
            try device.connection.all(TaskStarted.self).count == 2
        }
        #expect(try device.connection.all(TaskFinished.self).isEmpty)
        #expect(try device.connection.all(TaskStarted.self).allSatisfy { $0.task == task })
        await device.stop()
    }

    @Test("An attempt ends itself after its lease without a dispatcher")
    func leaseEndsAttempt() async throws {
        let device = try await DeviceUnderTest.start()
        let task = try device.assign("sleep 600", lease: 1)
        let kept = try device.assign("sleep 600", lease: 0)
        try await eventually("both run") { try device.connection.all(TaskStarted.self).count == 2 }
        try device.connection.send(LinkState(up: false))
        try await eventually("its end is on disk") {
            let path = device.spool + "/" + AttemptOutbox.fileName(AttemptID(task: task, attempt: 1))
            return try AttemptOutbox.open(AttemptID(task: task, attempt: 1), path: path).finish != nil
        }
        try device.connection.send(LinkState(up: true, leader: .generate(), epoch: 2))
        let verdict = try await device.verdict(task)
        #expect(verdict.state == .failed)
        #expect(verdict.error?.code == .deviceDisconnected)
        #expect(try device.connection.all(DeviceReport.self).last?.attempts.contains { $0.task == kept } == true)
        await device.stop()
    }

    @Test("An attempt of a previous run is replayed and ended")
    func replaysPreviousRun() async throws {
        let folder = try TemporaryDirectory()
        let id = AttemptID(task: .generate(), attempt: 2)
        _ = try ExecutorHome(folder.file("home"))
        do {
            var outbox = Outbox(directory: folder.file("home/spool"))
            try outbox.open(id)
            try outbox.append([AgentEvent(.log, Array("{}".utf8)), AgentEvent(.log, Array("{}".utf8))], to: id)
        }
        let device = try await DeviceUnderTest.start(folder: folder)
        let verdict = try await device.verdict(id.task)
        #expect(verdict.error?.code == .executorRestarted)
        #expect(verdict.attemptSeq == 3)
        #expect(try device.events(id.task, on: device.connection).map(\.attemptSeq) == [1, 2])
        let report = try #require(try device.connection.all(DeviceReport.self).first)
        #expect(report.used == 0)
        #expect(report.attempts == [AttemptReport(task: id.task, attempt: 2, lastSeq: 3, ended: true)])
        // The attempt is not run again, neither by itself nor for a dispatcher that does not know its end yet.
        try device.assign("true", task: id.task, attempt: 2)
        try device.connection.send(EventsAck(acks: [AttemptAck(task: id.task, attempt: 2, seq: 3)]))
        try await eventually("the spool is empty") {
            try FileManager.default.contentsOfDirectory(atPath: device.spool).isEmpty
        }
        #expect(try device.connection.all(TaskStarted.self).isEmpty)
        await device.stop()
    }

    @Test("A stopping executor ends its tasks, reports it and hangs up in time")
    func stopsInTime() async throws {
        let device = try await DeviceUnderTest.start()
        let connection = device.connection
        device.ackEverything(on: connection)
        let task = try device.assign("trap '' TERM; echo up; sleep 600")
        try await eventually("it runs") { try !connection.all(EventsAppend.self).isEmpty }
        let start = ContinuousClock.now
        await device.server.stop()
        #expect(ContinuousClock.now - start < .seconds(20))
        let verdict = try await device.verdict(task)
        #expect(verdict.error?.code == .executorRestarted)
        #expect(try connection.all(DeviceReport.self).contains { $0.draining })
        try await eventually("it has hung up") { !connection.isOpen }
        await device.stop()
    }

    @Test(
        "A refused token ends the start with the server's error",
        arguments: ["token_invalid", "token_expired", "token_revoked"])
    func refusedTokenEndsStart(code: String) async throws {
        let gateway = try await ScriptedGateway.start()
        gateway.refuse(
            .init(status: .unauthorized, body: #"{"code":"\#(code)","detail":"get a new one","status":401}"#))
        let folder = try TemporaryDirectory()
        let server = ExecutorServer(
            ExecutorConfiguration(
                backendURL: gateway.url, token: "t", home: folder.file("home"), programs: ["claude-code": "/nowhere"]),
            logger: .init(label: "test") { _ in SilentLog() })
        let error = await #expect(throws: Misconfiguration.self) { try await server.start() }
        #expect(error?.fault == Fault(ErrorCode(rawValue: code), "get a new one"))
        await server.stop()
        await gateway.stop()
    }

    @Test("A server that starts late is found")
    func findsLateServer() async throws {
        let port = try FreePort.next()
        let folder = try TemporaryDirectory()
        let configuration = ExecutorConfiguration(
            backendURL: "http://127.0.0.1:\(port)", token: "t", home: folder.file("home"), deviceID: "test",
            programs: ["claude-code": "/nowhere"])
        let server = ExecutorServer(configuration, logger: .init(label: "test") { _ in SilentLog() })
        async let started: Void = server.start()
        // Another test's outgoing connection may have got the port meanwhile.
        let gateway = try await eventually("the port \(port)") { try? await ScriptedGateway.start(port: port) }
        let connection = try await eventually("a connection") { gateway.connections.last }
        let header = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        try connection.send(
            DeviceRegistered(device: "test", name: "T", generation: 1), .reply, correlation: header.correlation)
        try await started
        #expect(server.device?.name == "T")
        await server.stop()
        await gateway.stop()
    }

    @Test("Unknown and malformed frames are ignored")
    func ignoresBadFrames() async throws {
        let device = try await DeviceUnderTest.start()
        for bytes: [UInt8] in [[], [1, 2, 3], [UInt8](repeating: 0xff, count: 100)] {
            device.connection.send(raw: bytes)
        }
        try device.connection.send(Done())
        device.connection.send(raw: Header(.notice, type: TaskAssign.type).encoded() + Array("{nonsense".utf8))
        device.connection.send(raw: Header(.request, type: "what.ever", correlation: 9).encoded() + Array("{}".utf8))
        try await eventually("the reply") { device.connection.types.contains(Fault.type) }
        let task = try device.assign("echo still here")
        #expect(try await device.verdict(task).state == .completed)
        await device.stop()
    }

    @Test("Large output of several tasks arrives whole and in order")
    func keepsOrderUnderLoad() async throws {
        let device = try await DeviceUnderTest.start()
        device.ackEverything(on: device.connection)
        let tasks = try (0..<4).map { _ in try device.assign("seq 1 60000") }
        let expected = (1...60_000).map { "\($0)\n" }.joined()
        for task in tasks {
            let verdict = try await device.verdict(task)
            let events = try device.events(task, on: device.connection)
            #expect(events.map(\.attemptSeq) == Array(1..<verdict.attemptSeq))
            let text = try events.map { event -> String in
                let value = try JSONDecoder().decode(JSONValue.self, from: Data(event.payload))
                return value["content"]?["text"]?.string ?? ""
            }.joined()
            #expect(text == expected)
        }
        await device.stop()
    }
}
