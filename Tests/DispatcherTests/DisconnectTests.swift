import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Devices that are away")
struct DisconnectTests {
    /// A running task with three events.
    private static func running(_ rig: Rig, _ executor: ScriptedExecutor, _ choices: Choices) async throws -> TaskID {
        try await executor.connect()
        return try await another(rig, executor, choices)
    }

    private static func another(_ rig: Rig, _ executor: ScriptedExecutor, _ choices: Choices) async throws -> TaskID {
        let task = try await rig.gateway.submit(choices: choices).id
        _ = try await executor.assignment(task)
        try executor.started(task)
        try executor.append(task, 1...3)
        try await executor.acknowledged(task, 3)
        return task
    }

    private static func away(_ rig: Rig, _ executor: ScriptedExecutor, _ task: TaskID) async throws -> Stall {
        try executor.disconnect()
        return try await eventually("the stall", within: .seconds(10)) { try await rig.gateway.view(task).stalled }
    }

    private static func holds(_ task: TaskID, attempt: UInt32 = 1, ended: Bool = false) -> [AttemptReport] {
        [AttemptReport(task: task, attempt: attempt, lastSeq: 3, ended: ended)]
    }

    private static func warnings(_ rig: Rig, _ task: TaskID) async throws -> [String] {
        try await rig.gateway.log(task).filter { $0.kind == .log }.map(\.json)
    }

    @Test("Each task has its own grace")
    func grace() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let short = try await Self.running(rig, executor, Choices(graceS: 5))
            let long = try await Self.another(rig, executor, Choices(graceS: 60))
            let none = try await Self.another(rig, executor, Choices(graceS: 0))
            #expect(executor.assigned.map(\.leaseS) == [20, 75, 15])
            let since = try await Self.away(rig, executor, short).since
            // Without grace it ends at once, and no stall is published.
            #expect(try await rig.gateway.wait(none, for: .failed).error?.code == .deviceDisconnected)
            #expect(try await rig.gateway.log(none).allSatisfy { !$0.json.contains("stalled") })
            #expect(try await rig.gateway.view(long).stalled?.failsAt == since.adding(seconds: 60))
            await rig.pass(5)
            #expect(try await rig.gateway.wait(short, for: .failed).error?.code == .deviceDisconnected)
            await rig.pass(54)
            #expect(try await rig.gateway.view(long).state == .running)
            let back = executor.again()
            try await back.connect(Self.holds(long))
            try await eventually("the end of the stall") { try await rig.gateway.view(long).stalled == nil }
            await rig.pass(60)
            #expect(try await rig.gateway.view(long).state == .running)
        }
    }

    @Test("With `wait` a task goes on when its device is back, however late")
    func waitReturns() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .wait))
            #expect(try await executor.assignment(task).leaseS == 0)
            let stall = try await Self.away(rig, executor, task)
            #expect(stall.failsAt == nil && stall.requeuesAt == nil)
            await rig.pass(100_000)
            #expect(try await rig.gateway.view(task).state == .running)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try back.append(task, 4...5)
            try back.finish(task, 6)
            #expect(try await rig.gateway.wait(task, for: .completed).attempt == 1)
        }
    }

    @Test("With `wait` a task fails when the executor was restarted or the device is deleted")
    func waitFails() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let first = try await Self.running(rig, executor, Choices(onDisconnect: .wait))
            _ = try await Self.away(rig, executor, first)
            let back = executor.again()
            try await back.connect()
            #expect(try await rig.gateway.wait(first, for: .failed).error?.code == .executorRestarted)
            let second = try await Self.another(rig, back, Choices(onDisconnect: .wait))
            _ = try await Self.away(rig, back, second)
            rig.registry.remove("box", owner: Sample.owner)
            #expect(try await rig.gateway.wait(second, for: .failed).error?.code == .deviceNotFound)
        }
    }

    @Test("With `requeue` a task is queued again when the grace ends, and its old attempt holds its slot")
    func requeue() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .requeue, graceS: 10))
            let behind = try await rig.gateway.submit(choices: Choices(priority: .high)).id
            let stall = try await Self.away(rig, executor, task)
            #expect(stall.requeuesAt == stall.since.adding(seconds: 10) && stall.failsAt == nil)
            await rig.pass(10)
            let queued = try await rig.gateway.wait(task, for: .queued)
            #expect(queued.reason == .deviceOffline && queued.stalled == nil && queued.startedAt == nil)
            // It keeps its rank: behind a higher priority.
            #expect(queued.queuePosition == 2)
            let told = try #require(try await Self.warnings(rig, task).first)
            #expect(told.contains("as attempt 2 (1 of at most 5 times)") && told.contains(#""source":"dispatcher""#))
            // The device returns late and still runs the old attempt: it is stopped, and its slot stays in use until then.
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try await eventually("the stop", within: .seconds(10)) {
                back.stops.contains { $0.task == task && $0.discard }
            }
            #expect(try await rig.gateway.view(task).reason == .conversationBusy)
            #expect(try await rig.gateway.view(behind).reason == .deviceBusy)
            try back.append(task, 4...4)
            try back.report()
            _ = try await back.assignment(behind)
            try back.finish(behind, 1)
            #expect(try await back.assignment(task).attempt == 2)
            try back.append(task, attempt: 2, 1...2)
            try back.finish(task, attempt: 2, 3)
            let end = try await rig.gateway.wait(task, for: .completed)
            let log = try await rig.gateway.log(task)
            #expect(end.attempt == 2 && log.map(\.seq) == Array(1...UInt64(log.count)))
            #expect(log.filter { $0.attempt == 2 }.map(\.attemptSeq) == [1, 2])
        }
    }

    @Test("A failed commit does not forget the slots that a device holds", arguments: [false, true])
    func heldSlots(reports: Bool) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .requeue, graceS: 10))
            _ = try await Self.away(rig, executor, task)
            await rig.pass(10)
            _ = try await rig.gateway.wait(task, for: .queued)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try await eventually("the stop", within: .seconds(10)) { back.stops.contains { $0.task == task } }
            // The triggers refuse every task and every renewal.
            try await rig.meddle(
                """
                CREATE TRIGGER refuse BEFORE INSERT ON tasks BEGIN SELECT RAISE(ROLLBACK, 'refused'); END;
                CREATE TRIGGER refuse_lease BEFORE UPDATE ON leaders BEGIN SELECT RAISE(ROLLBACK, 'refused'); END;
                """)
            #expect(await code { _ = try await rig.gateway.submit("boom") } == .storageFailed)
            // A report during the recovery counts as well.
            if reports { try back.report() }
            #expect(await code { _ = try await rig.gateway.submit("boom") } == .storageFailed)
            try await rig.meddle("DROP TRIGGER refuse; DROP TRIGGER refuse_lease;")
            let other = try await eventually("a task that is taken", within: .seconds(20)) {
                try? await rig.gateway.submit().id
            }
            _ = try await back.assignment(other)
            if !reports {
                #expect(try await rig.gateway.view(task).reason == .conversationBusy)
                #expect(back.assigned.map(\.task) == [other])
                let stops = back.stops.count
                await rig.pass(2)
                try await eventually("another stop", within: .seconds(10)) { back.stops.count > stops }
                try back.report([AttemptReport(task: other, attempt: 1, lastSeq: 0, ended: false)])
            }
            #expect(try await back.assignment(task).attempt == 2)
        }
    }

    @Test("A requeued task waits for its old attempt until its time in the queue is over")
    func requeueWaits() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let choices = Choices(queueTTLS: 60, onDisconnect: .requeue, graceS: 10)
            let task = try await Self.running(rig, executor, choices)
            await rig.pass(100)
            _ = try await Self.away(rig, executor, task)
            await rig.pass(10)
            _ = try await rig.gateway.wait(task, for: .queued)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try await eventually("the stop", within: .seconds(10)) { back.stops.contains { $0.task == task } }
            await rig.pass(59)
            #expect(try await rig.gateway.view(task).state == .queued)
            await rig.pass(1)
            let error = try #require(try await rig.gateway.wait(task, for: .failed).error)
            #expect(error.code == .queueExpired)
            #expect(error.message.contains("box still ran an earlier attempt of it"), "\(error.message)")
            // The old attempt is unwanted, and is stopped as before.
            let stops = back.stops.count
            await rig.pass(2)
            try await eventually("another stop", within: .seconds(10)) { back.stops.count > stops }
        }
    }

    @Test("A failed commit does not forget that a device drains")
    func draining() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            try executor.report(draining: true)
            let task = try await rig.gateway.submit().id
            try await eventually("the drain", within: .seconds(10)) {
                try await rig.gateway.view(task).reason == .deviceDraining
            }
            try await rig.meddle(
                "CREATE TRIGGER refuse BEFORE INSERT ON tasks BEGIN SELECT RAISE(ROLLBACK, 'refused'); END;")
            #expect(await code { _ = try await rig.gateway.submit("boom") } == .storageFailed)
            try await rig.meddle("DROP TRIGGER refuse")
            let other = try await eventually("a task that is taken", within: .seconds(20)) {
                try? await rig.gateway.submit().id
            }
            #expect(try await rig.gateway.view(other).reason == .deviceDraining && executor.assigned.isEmpty)
            try executor.report()
            _ = try await executor.assignment(task)
        }
    }

    @Test("With `requeue` a task is queued again at once when the executor was restarted", arguments: [false, true])
    func requeueRestarted(verdict: Bool) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .requeue))
            let back = executor.again()
            if verdict {
                try await back.connect(Self.holds(task, ended: true))
                try back.send(
                    Sample.finished(task, 4, .failed, error: Fault(.executorRestarted, "it was restarted")))
                try await back.acknowledged(task, 4)
            } else {
                try await back.connect()
            }
            let second = try await eventually("the second attempt", within: .seconds(10)) {
                back.assigned.first { $0.attempt == 2 }
            }
            #expect(second.task == task && second.prompt == "echo")
            let told = try #require(try await Self.warnings(rig, task).first)
            #expect(told.contains("restarted"))
        }
    }

    @Test("An expired lease requeues a task with `requeue`")
    func expiredLease() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .requeue))
            try executor.send(Sample.finished(task, 4, .failed, error: Fault(.deviceDisconnected, "heard nothing")))
            try await eventually("the second attempt", within: .seconds(10)) {
                executor.assigned.contains { $0.attempt == 2 }
            }
        }
    }

    @Test("A task is requeued five times at most")
    func requeueLimit() async throws {
        try await Rig.run { rig in
            var executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Choices(onDisconnect: .requeue)).id
            for attempt in 1...6 as ClosedRange<UInt32> {
                let present = executor
                try await eventually("attempt \(attempt)", within: .seconds(10)) {
                    present.assigned.contains { $0.attempt == attempt }
                }
                try executor.started(task, attempt: attempt)
                executor = executor.again()
                try await executor.connect()
            }
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .attemptsExhausted && end.attempt == 6)
            #expect(end.error?.message.contains("5 times") == true)
        }
    }

    @Test("A cancellation works at once in every state of an absence")
    func cancel() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let waiting = try await Self.running(rig, executor, Choices(onDisconnect: .wait))
            let back = try await Self.another(rig, executor, Choices(onDisconnect: .requeue, graceS: 5))
            let later = try await Self.another(rig, executor, Choices(onDisconnect: .requeue, graceS: 50))
            _ = try await Self.away(rig, executor, waiting)
            await rig.pass(5)
            _ = try await rig.gateway.wait(back, for: .queued)
            for task in [waiting, back, later] {
                #expect(try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task)).state == .cancelled)
            }
            await rig.pass(100)
            // The old attempt is stopped, and the task is not run again.
            let returned = executor.again()
            try await returned.connect([waiting, back, later].flatMap { Self.holds($0) })
            try await eventually("the stops", within: .seconds(10)) {
                Set(returned.stops.map(\.task)) == [waiting, back, later]
            }
            #expect(returned.assigned.isEmpty)
        }
    }

    @Test("Grace, `wait` and `requeue` survive a restart of the dispatcher")
    func restart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<[TaskID]>([])
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            var tasks = [try await Self.running(rig, executor, Choices(onDisconnect: .wait))]
            for choices in [
                Choices(onDisconnect: .fail, graceS: 100), Choices(onDisconnect: .requeue, graceS: 200),
                Choices(onDisconnect: .requeue, graceS: 1),
            ] {
                tasks.append(try await Self.another(rig, executor, choices))
            }
            _ = try await Self.away(rig, executor, tasks[0])
            await rig.pass(1)
            _ = try await rig.gateway.wait(tasks[3], for: .queued)
            let all = tasks
            found.withLock { $0 = all }
        }
        let tasks = found.withLock { $0 }
        try await Rig.run(folder: folder, at: 50) { rig in
            let views = try await tasks.asyncMap { try await rig.gateway.view($0) }
            #expect(views.map(\.state) == [.running, .running, .running, .queued])
            let since = try #require(views[0].stalled?.since)
            #expect(views[0].stalled == Stall(since: since))
            #expect(views[1].stalled == Stall(since: since, failsAt: since.adding(seconds: 100)))
            #expect(views[2].stalled == Stall(since: since, requeuesAt: since.adding(seconds: 200)))
            #expect(views[3].attempt == 1 && views[3].reason == .deviceOffline)
            await rig.pass(to: since.adding(seconds: 100))
            #expect(try await rig.gateway.wait(tasks[1], for: .failed).error?.code == .deviceDisconnected)
            await rig.pass(to: since.adding(seconds: 200))
            _ = try await rig.gateway.wait(tasks[2], for: .queued)
            #expect(try await rig.gateway.view(tasks[0]).state == .running)
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: 2)
            try await back.connect(Self.holds(tasks[0]))
            try back.finish(tasks[0], 4)
            _ = try await rig.gateway.wait(tasks[0], for: .completed)
            #expect(try await back.assignment(tasks[3]).attempt == 2)
            #expect(try await back.assignment(tasks[2]).attempt == 2)
        }
    }

    @Test("A restart of the dispatcher is no absence of a device without grace")
    func ownRestart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskID?>(nil)
        try await Rig.run(folder: folder) { rig in
            let task = try await Self.running(rig, ScriptedExecutor(gateway: rig.gateway), Choices(graceS: 0))
            found.withLock { $0 = task }
            // Before its gateway stops: that would count as the device's absence.
            await rig.server.stop()
        }
        let task = try #require(found.withLock { $0 })
        try await Rig.run(folder: folder) { rig in
            await rig.pass(2)
            #expect(try await rig.gateway.view(task).state == .running)
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: 2)
            try await back.connect(Self.holds(task))
            try back.finish(task, 4)
            _ = try await rig.gateway.wait(task, for: .completed)
        }
    }
}

extension Array {
    /// Returns two dispatchers, one after the other.
    func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
        var result: [T] = []
        for element in self { result.append(try await body(element)) }
        return result
    }
}
