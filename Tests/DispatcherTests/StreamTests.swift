import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Streams")
struct StreamTests {
    private static func running(_ rig: Rig) async throws -> (ScriptedExecutor, TaskID) {
        let executor = ScriptedExecutor(gateway: rig.gateway)
        try await executor.connect()
        let task = try await rig.gateway.submit()
        _ = try await executor.assignment(task.id)
        try executor.started(task.id)
        return (executor, task.id)
    }

    @Test("A gap is requested once, and duplicates are taken once")
    func gap() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            try executor.append(task, 1...2)
            try executor.append(task, 4...5)
            try executor.append(task, 6...6)
            try await eventually("the resync") { executor.resyncs.count == 1 }
            #expect(executor.resyncs[0].from == 3)
            try executor.append(task, 1...6)
            try await executor.acknowledged(task, 6)
            try executor.finish(task, 8)
            try await eventually("the second resync") { executor.resyncs.count == 2 }
            try executor.append(task, 7...7)
            try executor.finish(task, 8)
            try await executor.acknowledged(task, 8)
            let log = try await rig.gateway.log(task)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == Array(1...7))
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)) && log.last?.flags == .terminal)
        }
    }

    @Test("A payload that is not one JSON object is shown as a log event, and its executor is told, once in 2 s")
    func refusedPayloads() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            try executor.append(task, 1...1)
            let forged = #"{"x":1},"kind":"state","data":{"state":"completed"}"#
            for (seq, payload) in [(2, "not json at all"), (3, forged), (4, "")] as [(UInt64, String)] {
                var event = Sample.event(task, attempt: 1, seq)
                event.payload = Array(payload.utf8)
                try executor.send(EventsAppend([event]))
            }
            try executor.append(task, 5...5)
            try await executor.acknowledged(task, 5)
            let log = try await rig.gateway.log(task).filter { $0.attempt == 1 }
            #expect(log.map(\.attemptSeq) == Array(1...5))
            #expect(log.map { $0.kind == .log } == [false, true, true, true, false])
            #expect(log.allSatisfy { $0.payload.withUnsafeBytes(JSONCheck.flaw) == nil })
            try await eventually("the report") { !executor.refused.isEmpty }
            #expect(executor.refused.map(\.attemptSeq) == [2])
            #expect(executor.refused[0].task == task && executor.refused[0].fault.code == .malformed)
            await rig.pass(3)
            var event = Sample.event(task, attempt: 1, 6)
            event.payload = Array("[1]".utf8)
            try executor.send(EventsAppend([event]))
            try await eventually("the next report") { executor.refused.map(\.attemptSeq) == [2, 6] }
        }
    }

    @Test("An unwanted attempt is stopped and its events are dropped")
    func unwanted() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            let unknown = TaskID.generate()
            try executor.append(unknown, 1...3)
            try executor.append(task, attempt: 7, 1...3)
            try executor.append(unknown, 4...4)
            try await eventually("both stops") { Set(executor.stops.map(\.task)).count == 2 }
            #expect(executor.stops.count == 2 && executor.stops.allSatisfy { $0.discard && $0.epoch == Sample.epoch })
            #expect(try await rig.gateway.log(task).allSatisfy { $0.attempt == 0 })
            // The stop may have been lost with its session, so it is sent again at once in the next one.
            let back = executor.again()
            try await back.connect([AttemptReport(task: unknown, attempt: 1, lastSeq: 4, ended: true)])
            try await eventually("the stop, again") { back.stops.contains { $0.task == unknown && $0.discard } }
        }
    }

    @Test("Viewers at any cursor get each event once")
    func cursors() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            let peer = try await rig.gateway.link.connected()
            let total: UInt64 = 20_000
            @Sendable func watch(after: UInt64, credit: UInt32) async throws -> [UInt64] {
                var seqs: [UInt64] = []
                let items = peer.items(EventsSubscribe(owner: Sample.owner, task: task, after: after), credit: credit)
                for try await batch in items { seqs += batch.events.map(\.seq) }
                return seqs
            }
            async let early = watch(after: 0, credit: 16)
            async let slow = watch(after: 0, credit: 1)
            try await executor.stream(task, 1...total / 2)
            async let late = watch(after: 7_000, credit: 4)
            try await executor.stream(task, total / 2 + 1...total)
            try executor.finish(task, total + 1)
            let all = Array(1...(total + 3))
            #expect(try await early == all)
            #expect(try await slow == all)
            #expect(try await late == Array(all[7_000...]))
            #expect(try await watch(after: total, credit: 1) == [total + 1, total + 2, total + 3])
            #expect(try await watch(after: total + 3, credit: 1) == [])
        }
    }

    @Test("A viewer without credit gets nothing and does not delay others")
    func credit() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            let peer = try await rig.gateway.link.connected()
            let seen = Mutex<[UInt64]>([])
            let ended = Mutex(false)
            let subscription = peer.subscribe(
                EventsSubscribe(owner: Sample.owner, task: task, after: 0), credit: 1,
                onItem: { batch in seen.withLock { $0 += batch.events.map(\.seq) } },
                onEnd: { _ in ended.withLock { $0 = true } })
            try await eventually("the first item") { seen.withLock { !$0.isEmpty } }
            let first = seen.withLock { $0.count }
            try await executor.stream(task, 1...10_000)
            try executor.finish(task, 10_001)
            _ = try await rig.gateway.wait(task, for: .completed)
            #expect(seen.withLock { $0.count } == first)
            subscription.grant(1000)
            try await eventually("the end") { ended.withLock { $0 } }
            #expect(seen.withLock { $0 } == Array(1...10_003))
        }
    }

    @Test("An idle stream sends empty batches")
    func keepalive() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            let peer = try await rig.gateway.link.connected()
            let batches = Mutex<[Int]>([])
            let subscription = peer.subscribe(
                EventsSubscribe(owner: Sample.owner, task: task.id, after: 0),
                onItem: { batch in batches.withLock { $0.append(batch.events.count) } }, onEnd: { _ in })
            try await eventually("the first event") { batches.withLock { $0 == [1] } }
            await rig.pass(1)
            try await eventually("an empty batch") { batches.withLock { $0 == [1, 0] } }
            subscription.cancel()
        }
    }

    @Test("A viewer of an unknown task gets task_not_found")
    func unknownTask() async throws {
        try await Rig.run { rig in
            let peer = try await rig.gateway.link.connected()
            await #expect(throws: Fault.self) {
                for try await _ in peer.items(EventsSubscribe(owner: Sample.owner, task: .generate(), after: 0)) {}
            }
        }
    }

    @Test("A cursor beyond the end is refused")
    func beyondEnd() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            try executor.append(task, 1...3)
            try await executor.acknowledged(task, 3)
            let last = try await rig.gateway.view(task).lastSeq
            let peer = try await rig.gateway.link.connected()
            @Sendable func follow(_ after: UInt64) async throws {
                for try await _ in peer.items(EventsSubscribe(owner: Sample.owner, task: task, after: after)) {}
            }
            for after in [last + 1, .max] {
                let fault = await #expect(throws: Fault.self) { try await follow(after) }
                #expect(fault?.code == .invalidRequest && fault?.message.contains("seq \(last)") == true)
                let page = await #expect(throws: Fault.self) {
                    try await rig.gateway.ask(EventsPage(owner: Sample.owner, task: task, after: after, limit: 1))
                }
                #expect(page?.code == .invalidRequest)
            }
            // The last seq is a valid cursor, live and after the end.
            #expect(
                try await rig.gateway.ask(EventsPage(owner: Sample.owner, task: task, after: last, limit: 1)).events
                    .isEmpty)
            async let end: Void = follow(last)
            try executor.finish(task, 4)
            try await end
            try await follow(last + 1)
            await #expect(throws: Fault.self) { try await follow(last + 2) }
        }
    }

    @Test("Pages are bounded by number and bytes")
    func pages() async throws {
        try await Rig.run { rig in
            let (executor, task) = try await Self.running(rig)
            for number in UInt64(1)...6 {
                var event = Sample.event(task, number)
                event.payload = Array("{".utf8) + [UInt8](repeating: 0x20, count: Event.longestPayload - 2)
                event.payload += Array("}".utf8)
                try executor.send(EventsAppend([event]))
                try await executor.acknowledged(task, number)
            }
            let page = try await rig.gateway.log(task)
            #expect(page.count == 5)
            let three = EventsPage(owner: Sample.owner, task: task, after: 1, limit: 3)
            #expect(try await rig.gateway.ask(three).events.map(\.seq) == [2, 3, 4])
        }
    }
}
