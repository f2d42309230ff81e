import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Sessions")
struct SessionTests {
    private static func running(_ rig: Rig, _ executor: ScriptedExecutor) async throws -> TaskID {
        try await executor.connect()
        let task = try await rig.gateway.submit().id
        _ = try await executor.assignment(task)
        try executor.started(task)
        try executor.append(task, 1...3)
        try await executor.acknowledged(task, 3)
        return task
    }

    private static func holds(_ task: TaskID, _ lastSeq: UInt64 = 3) -> [AttemptReport] {
        [AttemptReport(task: task, attempt: 1, lastSeq: lastSeq, ended: false)]
    }

    @Test("An assignment that was lost with its session is repeated, also when the report is late")
    func lostAssignment() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(task).stalled != nil }
            await rig.pass(3)
            let back = executor.again()
            try await back.connect(reporting: false)
            try await eventually("the end of the stall") { try await rig.gateway.view(task).stalled == nil }
            await rig.pass(2.5)
            // The executor never received the task.
            try back.report()
            await rig.pass(2.5)
            _ = try await back.assignment(task)
        }
    }

    @Test("Tasks that wait for a device deleted while connected fail when it disconnects")
    func deletedWhileConnected() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            _ = try await Self.running(rig, executor)
            let waiting = try await rig.gateway.submit().id
            rig.registry.remove("box", owner: Sample.owner)
            await rig.pass(1)
            try executor.disconnect()
            #expect(try await rig.gateway.wait(waiting, for: .failed).error?.code == .deviceNotFound)
        }
    }

    @Test("A device that returns in time goes on")
    func returnInTime() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            try executor.disconnect()
            let stalled = try await eventually("the stall") {
                let view = try await rig.gateway.view(task)
                return view.stalled == nil ? nil : view
            }
            #expect(stalled.state == .running && stalled.stalled?.since == rig.time.now)
            #expect(stalled.stalled?.failsAt == rig.time.now.adding(seconds: 30))
            await rig.pass(29)
            let back = executor.again()
            try await back.connect(Self.holds(task, 5))
            try await eventually("the end of the stall") { try await rig.gateway.view(task).stalled == nil }
            await rig.pass(60)
            try back.append(task, 3...5)
            try back.finish(task, 6)
            _ = try await rig.gateway.wait(task, for: .completed)
            let log = try await rig.gateway.log(task)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3, 4, 5])
        }
    }

    @Test("A device that does not return fails its tasks and is sent stops later")
    func noReturn() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            try executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(task).stalled != nil }
            await rig.pass(30)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .deviceDisconnected)
            #expect(end.error?.message.contains("Linux - box") == true)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try await eventually("the stop") { back.stops.contains { $0.task == task && $0.discard } }
            try back.append(task, 4...4)
            #expect(try await rig.gateway.view(task) == end)
        }
    }

    @Test("The sessions of a lost gateway are lost")
    func lostGateway() async throws {
        try await Rig.run { rig in
            let second = ScriptedGateway(rig.server.endpoint, rig.reactor)
            _ = try await second.link.connected()
            let executor = ScriptedExecutor(gateway: second)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            await second.link.close()
            try await eventually("the stall") { try await rig.gateway.view(task).stalled != nil }
        }
    }

    @Test("A late close of an old session has no effect, and an older session is refused")
    func oldSession() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try executor.disconnect()
            #expect(try await rig.gateway.view(task).stalled == nil)
            await #expect(throws: Fault.self) { try await executor.connect() }
            // Messages of the old session are dropped.
            try executor.append(task, 4...4)
            try back.append(task, 4...4)
            try await back.acknowledged(task, 4)
        }
    }

    @Test("A restarted executor fails what it ran and runs what it had not begun")
    func restartedExecutor() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            let other = try await rig.gateway.submit().id
            _ = try await executor.assignment(other)
            let back = executor.again()
            try await back.connect()
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .executorRestarted)
            #expect(try await back.assignment(other).attempt == 1)
        }
    }

    @Test("A restarted dispatcher goes on where it was")
    func restart() async throws {
        let folder = try TemporaryDirectory()
        let session = Mutex<(running: TaskID, waiting: [TaskID], executor: ScriptedExecutor)?>(nil)
        try await Rig.run(folder: folder) { rig in
            var executor = ScriptedExecutor(gateway: rig.gateway)
            executor.slots = 1
            let task = try await Self.running(rig, executor)
            var waiting: [TaskID] = []
            for _ in 0..<3 { waiting.append(try await rig.gateway.submit().id) }
            let found = (task, waiting, executor)
            session.withLock { $0 = found }
        }
        guard let (task, waiting, old) = session.withLock({ $0 }) else { return }
        try await Rig.run(folder: folder) { rig in
            let view = try await rig.gateway.view(task)
            #expect(view.state == .running && view.stalled != nil && view.lastSeq >= 5)
            for (index, id) in waiting.enumerated() {
                #expect(try await rig.gateway.view(id).queuePosition == index + 1)
            }
            var executor = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: old.generation + 1)
            executor.slots = 1
            #expect(try await executor.connect(Self.holds(task, 5)).epoch == Sample.epoch + 1)
            try await eventually("the end of the stall") { try await rig.gateway.view(task).stalled == nil }
            try executor.append(task, 1...5)
            try await executor.acknowledged(task, 5)
            try executor.finish(task, 6)
            #expect(try await executor.assignment(waiting[0]).epoch == Sample.epoch + 1)
            let log = try await rig.gateway.log(task)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)) && log.last?.flags == .terminal)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3, 4, 5])
        }
    }

    @Test("After a restart a device that stays away fails its tasks")
    func restartAway() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskID?>(nil)
        try await Rig.run(folder: folder) { rig in
            let task = try await Self.running(rig, ScriptedExecutor(gateway: rig.gateway))
            found.withLock { $0 = task }
        }
        guard let task = found.withLock({ $0 }) else { return }
        try await Rig.run(folder: folder) { rig in
            let before = try await rig.gateway.view(task)
            #expect(before.state == .running)
            await rig.pass(31)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .deviceDisconnected)
        }
    }

    @Test("Restarts do not extend the grace")
    func restarts() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskID?>(nil)
        let gone = Mutex<Timestamp?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            try executor.disconnect()
            let stall = try await eventually("the stall") { try await rig.gateway.view(task).stalled }
            found.withLock { $0 = task }
            gone.withLock { $0 = stall.since }
        }
        let task = try #require(found.withLock { $0 })
        let since = try #require(gone.withLock { $0 })
        // Restarted 8, 16 and 24 s later. Whatever is left of the grace, a device has 10 s to reconnect.
        for restart in 1...3 {
            try await Rig.run(folder: folder, at: Double(restart) * 8) { rig in
                let stall = try #require(try await rig.gateway.view(task).stalled)
                #expect(stall.since == since)
                let late = max(since.adding(seconds: 30), rig.time.now.adding(seconds: 10))
                // The clock of the rig moves a little while it starts.
                let fails = try #require(stall.failsAt)
                #expect(fails <= late && fails >= since.adding(seconds: 30))
                guard restart == 3 else { return }
                await rig.pass(to: late)
                #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .deviceDisconnected)
            }
        }
    }

    @Test("A device that was away before the restart and is back goes on")
    func restartReturn() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskID?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor)
            try executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(task).stalled != nil }
            found.withLock { $0 = task }
        }
        let task = try #require(found.withLock { $0 })
        // The device came back while no dispatcher ran: its grace is over by the clock, and it is not failed for that.
        try await Rig.run(folder: folder, at: 300) { rig in
            await rig.pass(5)
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: 2)
            try await back.connect(Self.holds(task))
            try await eventually("the end of the stall") { try await rig.gateway.view(task).stalled == nil }
            await rig.pass(60)
            #expect(try await rig.gateway.view(task).state == .running)
            // The stall was published: so is its end.
            let notes = try await rig.gateway.log(task).filter { $0.kind == .state }.map(\.json)
            #expect(notes.last?.contains("stalled") == false && notes.dropLast().last?.contains("stalled") == true)
        }
    }

    @Test("It announces itself, and serves without the registry")
    func registry() async throws {
        try await Rig.run { rig in
            #expect(rig.registry.announced.first?.endpoint == rig.server.endpoint)
            #expect(rig.registry.announced.first?.partitions.first?.epoch == Sample.epoch)
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            await rig.registry.close()
            let task = try await rig.gateway.submit(target: .defaultDevice)
            _ = try await executor.assignment(task.id)
        }
    }

    @Test("The dispatcher has a handler for each message that the table of roles lets through, and for no other")
    func roles() async throws {
        try await Rig.run { rig in
            let handlers = DispatcherHandlers.make(try #require(rig.server.service))
            #expect(handlers.types == RoleRules.types(to: .dispatcher))
        }
    }

    @Test("Two dispatchers do not share their data")
    func twoDispatchers() async throws {
        try await Rig.run { rig in
            let second = DispatcherServer(
                DispatcherConfiguration(
                    registry: rig.registry.endpoint, bind: "inproc://second", dataDirectory: rig.folder.file("data")),
                reactor: rig.reactor, logger: .init(label: "second"))
            await #expect(throws: TaskStoreError.self) { try await second.start() }
        }
    }
}
