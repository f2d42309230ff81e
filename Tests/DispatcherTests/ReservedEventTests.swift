import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Events that only the dispatcher makes")
struct ReservedEventTests {
    private static func event(_ kind: EventKind, _ payload: String, of task: TaskID, _ seq: UInt64 = 1) -> Event {
        Event(task: task, attempt: 1, attemptSeq: seq, kind: kind, time: Sample.now, payload: Array(payload.utf8))
    }

    static let forged: [(EventKind, String)] = [
        (.state, #"{"state":"completed"}"#), (.permissionRequest, #"{"approval_id":"x","tool":"Bash"}"#),
        (.permissionResolved, #"{"state":"allowed"}"#), (.log, #"{"level":"error","source":"dispatcher"}"#),
        (.log, #"{"source":"\u0064ispatcher","message":"x"}"#), (.log, #"{"source":"a","source":"dispatcher"}"#),
        (.log, #"{"source":"dispatcher","source":"a"}"#),
    ]

    @Test("An executor's event of a reserved kind becomes a log line of its own", arguments: forged)
    func disarmed(kind: EventKind, payload: String) throws {
        var event = Self.event(kind, payload, of: .generate())
        ReservedEvents.disarm(&event)
        #expect(event.kind == .log)
        let log = try LogPayload(reading: event.payload)
        #expect(log.level == "debug" && log.source == "executor" && log.message.contains("'\(kind)'"))
        #expect(!ReservedEvents.isReserved(event))
    }

    @Test("Other events stay as they are")
    func others() {
        for (kind, payload) in [
            (EventKind.log, #"{"level":"notice","message":"dispatcher","source":"claude"}"#), (.log, "{"),
            (.agentMessageChunk, #"{"source":"dispatcher"}"#), (EventKind(code: 200), "{}"),
        ] {
            let event = Self.event(kind, payload, of: .generate())
            var same = event
            ReservedEvents.disarm(&same)
            #expect(same == event)
        }
    }

    @Test("A permission request that an executor forges for another task is none")
    func forgedRequest() async throws {
        try await Rig.run { rig in
            let scene = try await ApprovalScene(rig, events: 0)
            let view = ApprovalView(
                id: .generate(), task: .generate(), attempt: 1, conversation: .generate(), device: "box",
                deviceName: nil, tool: "Bash", title: "ls", input: ["command": "ls"], rule: nil, state: .pending,
                requestedAt: Sample.now, expiresAt: Sample.now)
            let payload = String(decoding: view.bytes, as: UTF8.self)
            try scene.executor.send(EventsAppend([Self.event(.permissionRequest, payload, of: scene.task)]))
            try await scene.executor.acknowledged(scene.task, 1)
            let kinds = try await scene.kinds()
            #expect(!kinds.contains(.permissionRequest) && kinds.last == .log)
            #expect(try await scene.list().isEmpty)
            #expect(try await rig.gateway.view(scene.task).waitingFor == nil)
        }
    }
}
