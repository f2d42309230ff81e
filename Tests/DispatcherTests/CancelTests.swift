import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite struct CancelTests {
    private static func cancel(_ rig: Rig, _ task: TaskID) async throws -> TaskView {
        try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task))
    }

    @Test func aQueuedTaskEndsAtOnce() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            let end = try await Self.cancel(rig, task.id)
            #expect(end.state == .cancelled && end.cancelRequestedAt != nil && end.endedAt != nil)
            #expect(try await Self.cancel(rig, task.id) == end)
            #expect(try await rig.gateway.log(task.id).last?.json == #"{"state":"cancelled"}"#)
        }
    }

    @Test func aRunningTaskEndsWhenTheExecutorConfirms() async throws {
        try await Rig.run { rig in
            let executor = FakeExecutor(gateway: rig.gateway)
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

    @Test func theFirstCommittedEndWins() async throws {
        try await Rig.run { rig in
            let executor = FakeExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            _ = try await Self.cancel(rig, task)
            try executor.finish(task, 1, .completed)
            let end = try await rig.gateway.wait(task, for: .completed)
            #expect(end.cancelRequestedAt != nil)
        }
    }

    @Test func withoutAnAnswerItEndsAfterTheGraceAndTheSlotStaysTaken() async throws {
        try await Rig.run { rig in
            var executor = FakeExecutor(gateway: rig.gateway)
            executor.slots = 1
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.started(task)
            _ = try await Self.cancel(rig, task)
            let next = try await rig.gateway.submit().id
            await rig.pass(35)
            _ = try await rig.gateway.wait(task, for: .cancelled)
            #expect(try await rig.gateway.view(next).state == .queued)
            try executor.finish(task, 1, .cancelled)
            _ = try await executor.assignment(next)
            try await eventually("the stray's stop") { executor.stops.contains { $0.task == task && $0.discard } }
        }
    }

    @Test func withTheDeviceAwayItEndsAtOnce() async throws {
        try await Rig.run { rig in
            let executor = FakeExecutor(gateway: rig.gateway)
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
}
