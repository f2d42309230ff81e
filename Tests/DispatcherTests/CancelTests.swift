import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Cancellations")
struct CancelTests {
    private static func cancel(_ rig: Rig, _ task: TaskID) async throws -> TaskView {
        try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task))
    }

    @Test("A queued task ends at once")
    func queued() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            let end = try await Self.cancel(rig, task.id)
            #expect(end.state == .cancelled && end.cancelRequestedAt != nil && end.endedAt != nil)
            #expect(try await Self.cancel(rig, task.id) == end)
            #expect(try await rig.gateway.log(task.id).last?.json == #"{"state":"cancelled"}"#)
        }
    }

    @Test("A running task ends when the executor confirms")
    func running() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.started(task)
            _ = try await rig.gateway.wait(task, for: .running)
            let view = try await Self.cancel(rig, task)
            #expect(view.state == .running && view.cancelRequestedAt != nil)
            try await eventually("the stop") { executor.stops.count == 1 }
            #expect(!executor.stops[0].discard && executor.stops[0].graceS == 5)
            await rig.pass(2)
            try await eventually("the repeat") { executor.stops.count == 2 }
            try executor.append(task, 1...1)
            try executor.finish(task, 2, .cancelled)
            #expect(try await rig.gateway.wait(task, for: .cancelled).lastSeq == 4)
        }
    }

    @Test("The first committed end wins")
    func firstEnd() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            _ = try await Self.cancel(rig, task)
            try executor.finish(task, 1, .completed)
            let end = try await rig.gateway.wait(task, for: .completed)
            #expect(end.cancelRequestedAt != nil)
        }
    }

    @Test("Without a confirmation it ends after the stop's grace, and its slot stays in use")
    func unconfirmed() async throws {
        try await Rig.run { rig in
            var executor = ScriptedExecutor(gateway: rig.gateway)
            executor.slots = 1
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.started(task)
            _ = try await Self.cancel(rig, task)
            let next = try await rig.gateway.submit().id
            await rig.pass(9)
            #expect(try await rig.gateway.view(task).state == .running)
            await rig.pass(1)
            _ = try await rig.gateway.wait(task, for: .cancelled)
            #expect(try await rig.gateway.view(next).state == .queued)
            // The stop is repeated until a report shows that the slot is free.
            for _ in 0..<3 {
                let count = executor.stops.count
                await rig.pass(2)
                try await eventually("the repeated stop") { executor.stops.count > count }
                #expect(executor.stops.last?.discard == true)
            }
            try executor.report(Self.holds(task))
            await rig.pass(2)
            #expect(try await rig.gateway.view(next).state == .queued)
            try executor.finish(task, 1, .cancelled)
            _ = try await executor.assignment(next)
            try await eventually("the stray's stop") { executor.stops.contains { $0.task == task && $0.discard } }
        }
    }

    @Test("While the device is away it ends at once")
    func away() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let first = try await rig.gateway.submit().id
            let second = try await rig.gateway.submit().id
            _ = try await executor.assignment(second)
            try executor.started(first)
            try executor.started(second)
            _ = try await rig.gateway.wait(second, for: .running)
            _ = try await Self.cancel(rig, first)
            try executor.disconnect()
            _ = try await rig.gateway.wait(first, for: .cancelled)
            #expect(try await Self.cancel(rig, second).state == .cancelled)
        }
    }

    private static func holds(_ task: TaskID) -> [AttemptReport] {
        [AttemptReport(task: task, attempt: 1, lastSeq: 0, ended: false)]
    }

    /// A device with one slot that a cancelled task holds, and a task that waits for it.
    private static func held(_ rig: Rig) async throws -> (executor: ScriptedExecutor, held: TaskID, waiting: TaskID) {
        var executor = ScriptedExecutor(gateway: rig.gateway)
        executor.slots = 1
        try await executor.connect()
        let task = try await rig.gateway.submit().id
        _ = try await executor.assignment(task)
        try executor.started(task)
        _ = try await cancel(rig, task)
        let next = try await rig.gateway.submit().id
        await rig.pass(10)
        _ = try await rig.gateway.wait(task, for: .cancelled)
        #expect(try await rig.gateway.view(next).state == .queued)
        return (executor, task, next)
    }

    @Test("A held slot is free after a report that does not list its attempt")
    func heldSlotReport() async throws {
        try await Rig.run { rig in
            let (executor, _, next) = try await Self.held(rig)
            try executor.report([])
            _ = try await executor.assignment(next)
        }
    }

    @Test("A held slot is free in a new session")
    func heldSlotSession() async throws {
        try await Rig.run { rig in
            let (executor, _, next) = try await Self.held(rig)
            try executor.disconnect()
            let back = executor.again()
            try await back.connect()
            _ = try await back.assignment(next)
        }
    }

    @Test("An unanswered assignment is not repeated after a cancellation")
    func noRepeatedAssignment() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            let view = try await Self.cancel(rig, task)
            #expect(view.state == .assigned && view.cancelRequestedAt != nil)
            await rig.pass(2)
            try await eventually("the repeat of the stop") { executor.stops.count == 2 }
            await rig.pass(2)
            try await eventually("the next repeat") { executor.stops.count == 3 }
            #expect(executor.assigned.count == 1)
            // The executor never received the task: its report without it is the confirmation.
            try executor.report([])
            _ = try await rig.gateway.wait(task, for: .cancelled)
        }
    }

    @Test("A stalled task ends at once, and its slot is free")
    func stalled() async throws {
        try await Rig.run { rig in
            var executor = ScriptedExecutor(gateway: rig.gateway)
            executor.slots = 1
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            let next = try await rig.gateway.submit().id
            try executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(task).stalled != nil }
            #expect(try await Self.cancel(rig, task).state == .cancelled)
            let back = executor.again()
            try await back.connect(Self.holds(task))
            // The device still runs it, is sent a stop, and gets the next task after it.
            try await eventually("the stop") { back.stops.contains { $0.task == task && $0.discard } }
            #expect(try await rig.gateway.view(next).state == .queued)
            try back.report([])
            _ = try await back.assignment(next)
        }
    }

    @Test("A cancellation survives a restart of the dispatcher")
    func restart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<(TaskID, ScriptedExecutor)?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.started(task)
            _ = try await Self.cancel(rig, task)
            found.withLock { $0 = (task, executor) }
        }
        let (task, old) = try #require(found.withLock { $0 })
        // If the device comes back, the stop is sent again. If it stays away, the task ends with the restart.
        try await Rig.run(folder: folder) { rig in
            #expect(try await rig.gateway.wait(task, for: .cancelled).cancelRequestedAt != nil)
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: old.generation + 1)
            try await back.connect(Self.holds(task))
            try await eventually("the stop") { back.stops.contains { $0.task == task && $0.discard } }
        }
    }
}
