import Foundation
import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Queue positions")
struct PositionsTests {
    private static func submit(_ rig: Rig, _ priority: Priority, conversation: ConversationID? = nil) async throws
        -> TaskID
    {
        try await rig.gateway.submit(conversation: conversation, choices: Choices(priority: priority)).id
    }

    private static func positions(_ rig: Rig, _ tasks: [TaskID]) async throws -> [Int?] {
        try await tasks.asyncMap { try await rig.gateway.view($0).queuePosition }
    }

    @Test("A higher priority overtakes tasks that have not waited ten minutes longer")
    func priority() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            try await executor.connect()
            let first = try await rig.gateway.submit().id
            _ = try await executor.assignment(first)
            let low = try await Self.submit(rig, .low)
            let normal = try await Self.submit(rig, .normal)
            let high = try await Self.submit(rig, .high)
            let second = try await Self.submit(rig, .high)
            #expect(try await Self.positions(rig, [low, normal, high, second]) == [4, 3, 1, 2])
            await rig.pass(599)
            let late = try await Self.submit(rig, .high)
            #expect(try await Self.positions(rig, [normal, low, late]) == [4, 5, 3])
            await rig.pass(2)
            // From now on no task overtakes the normal one, and 10 minutes later none overtakes the low one.
            let later = try await Self.submit(rig, .high)
            #expect(try await Self.positions(rig, [normal, later, low]) == [4, 5, 6])
            await rig.pass(600)
            let last = try await Self.submit(rig, .high)
            #expect(try await Self.positions(rig, [low, last]) == [6, 7])
            var order = [first]
            for _ in 0..<7 {
                try executor.finish(order[order.count - 1], 1)
                let known = order
                order.append(
                    try await eventually("the next", within: .seconds(10)) {
                        executor.assigned.map(\.task).first { !known.contains($0) }
                    })
            }
            #expect(order == [first, high, second, late, normal, later, low, last])
        }
    }

    @Test("A conversation keeps its order whatever the priority")
    func conversation() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 2)
            let conversation = ConversationID.generate()
            let low = try await rig.gateway.submit(
                conversation: conversation, choices: Choices(priority: .low, ifOffline: .wait)
            ).id
            let high = try await rig.gateway.submit(
                conversation: conversation, choices: Choices(priority: .high, ifOffline: .wait)
            ).id
            #expect(try await Self.positions(rig, [high, low]) == [1, 2])
            try await executor.connect()
            _ = try await executor.assignment(low)
            #expect(try await rig.gateway.view(high).reason == .conversationBusy)
            try executor.finish(low, 1)
            _ = try await executor.assignment(high)
        }
    }

    @Test("The order survives a restart with a clock that was set back")
    func clock() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<[TaskID]>([])
        try await Rig.run(folder: folder, at: 5000) { rig in
            var tasks: [TaskID] = []
            for priority in [Priority.low, .high, .normal, .high] { tasks.append(try await Self.submit(rig, priority)) }
            let all = tasks
            found.withLock { $0 = all }
        }
        try await Rig.run(folder: folder) { rig in
            var tasks = found.withLock { $0 }
            #expect(try await Self.positions(rig, tasks) == [4, 1, 3, 2])
            tasks.append(try await Self.submit(rig, .high))
            tasks.append(try await Self.submit(rig, .normal))
            #expect(try await Self.positions(rig, tasks) == [6, 1, 4, 2, 3, 5])
        }
    }

    @Test("The wait reason is current at every read")
    func reason() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            try await executor.connect()
            let first = try await rig.gateway.submit().id
            _ = try await executor.assignment(first)
            let task = try await rig.gateway.submit().id
            func reason(_ expected: WaitReason, _ what: String) async throws {
                try await eventually(what, within: .seconds(10)) { try await rig.gateway.view(task).reason == expected }
                let listed = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 10)).tasks
                #expect(listed.first { $0.id == task }?.reason == expected)
            }
            try await reason(.deviceBusy, "busy")
            try executor.report([AttemptReport(task: first, attempt: 1, lastSeq: 0, ended: false)], draining: true)
            try await reason(.deviceDraining, "draining")
            try executor.disconnect()
            try await reason(.deviceOffline, "offline")
            let back = executor.again()
            try await back.connect([AttemptReport(task: first, attempt: 1, lastSeq: 0, ended: false)])
            try await reason(.deviceBusy, "busy again")
            await rig.pass(0.3)
            let published = try await eventually("the published positions", within: .seconds(10)) { () -> [String]? in
                let notes = try await rig.gateway.log(task).map(\.json)
                return notes.last?.contains("device_busy") == true ? notes : nil
            }
            #expect(published.allSatisfy { $0.contains(#""queue_position":1"#) })
        }
    }

    @Test("A report with more attempts than a device can have is cut off and takes no slot of a running one")
    func reportBound() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 2)
            try await executor.connect()
            let first = try await rig.gateway.submit().id
            _ = try await executor.assignment(first)
            try executor.started(first)
            _ = try await rig.gateway.wait(first, for: .running)
            let ended = (0..<DispatcherLimits.unwantedAttempts).map { _ in
                AttemptReport(task: .generate(), attempt: 1, lastSeq: 1, ended: true)
            }
            let old = AttemptReport(task: .generate(), attempt: 1, lastSeq: 1, ended: false)
            // Running attempts are found anywhere in the report, and so are unwanted ones with a slot.
            let own = AttemptReport(task: first, attempt: 1, lastSeq: 0, ended: false)
            let most = DispatcherLimits.stopBurst
            try executor.report(ended + [old, own])
            try await eventually("the stops", within: .seconds(20)) { executor.stops.count >= most }
            #expect(executor.stops.contains { $0.task == old.id.task })
            let second = try await rig.gateway.submit().id
            #expect(try await rig.gateway.view(second).reason == .deviceBusy)
            #expect(try await rig.gateway.view(first).state == .running)
            #expect(executor.stops.count == most)
            try executor.report([own])
            _ = try await executor.assignment(second)
        }
    }

    @Test("Positions in a queue of a thousand only fall, and few are published")
    func thousand() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let count = Limits.queuePerUser
            var tasks: [TaskID] = []
            for _ in 0..<count + 5 { tasks.append(try await rig.gateway.submit().id) }
            let refused = await #expect(throws: Fault.self) { _ = try await rig.gateway.submit() }
            #expect(refused?.code == .queueFull)
            #expect(try await rig.gateway.view(tasks[count + 4]).queuePosition == count)

            for (index, task) in tasks.enumerated() {
                if index < count {
                    // The free slot is assigned at once.
                    try executor.finish(task, 1)
                    _ = try await executor.assignment(tasks[index + 5])
                }
                if index % 50 == 0, index + 6 < tasks.count {
                    let view = try await rig.gateway.view(tasks[index + 6])
                    #expect(index >= count || view.queuePosition == 1)
                }
                await rig.pass(0.05)
            }
            for task in tasks.suffix(5) { try executor.finish(task, 1) }
            for task in tasks.suffix(5) { _ = try await rig.gateway.wait(task, for: .completed) }
            var total = 0
            for (index, task) in tasks.enumerated() {
                let log = try await rig.gateway.log(task)
                let places = log.compactMap { Self.place(in: $0.json) }
                #expect(places == places.sorted(by: >) && Set(places).count == places.count, "\(places)")
                #expect(places.count <= 60, "task \(index) had \(places.count) updates")
                total += places.count
            }
            // Without a bound there would be half a million.
            #expect(total < count * 25)
        }
    }

    private static func place(in json: String) -> Int? {
        guard let range = json.range(of: #""queue_position":"#) else { return nil }
        return Int(json[range.upperBound...].prefix { $0.isNumber })
    }
}
