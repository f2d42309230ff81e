import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Usage limits")
struct UsageLimitTests {
    private static let waits = Choices(onLimit: .wait)

    private static func limited(
        _ rig: Rig, _ executor: ScriptedExecutor, _ task: TaskID, attempt: UInt32 = 1, after seconds: Double?
    ) async throws {
        try executor.started(task, attempt: attempt)
        try executor.append(task, attempt: attempt, 1...2)
        var message = Sample.finished(
            task, attempt: attempt, 3, .failed, error: Fault(.usageLimit, "the usage limit is reached until 18:00"))
        message.retryAt = seconds.map { rig.time.now.adding(seconds: $0) }
        try executor.send(message)
    }

    private static func assignment(_ executor: ScriptedExecutor, _ task: TaskID, attempt: UInt32) async throws
        -> TaskAssign
    {
        try await eventually("attempt \(attempt)", within: .seconds(10)) {
            executor.assigned.last { $0.task == task && $0.attempt == attempt }
        }
    }

    @Test("A task that waits holds no slot, blocks its conversation alone, and goes on at the reset")
    func wait() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            try await executor.connect()
            let conversation = ConversationID.generate()
            let task = try await rig.gateway.submit(conversation: conversation, choices: Self.waits).id
            let behind = try await rig.gateway.submit(conversation: conversation).id
            let other = try await rig.gateway.submit().id
            #expect(try await Self.assignment(executor, task, attempt: 1).resumes != true)
            try await Self.limited(rig, executor, task, after: 3600)
            _ = try await executor.assignment(other)
            try executor.finish(other, 1)
            _ = try await rig.gateway.wait(other, for: .completed)
            let view = try await rig.gateway.wait(task, for: .queued)
            #expect(
                view.waitingFor == .limit && view.reason == .usageLimit && view.error == nil && view.startedAt == nil)
            let until = try #require(view.waiting?.until)
            #expect(view.waiting?.what?.contains("until 18:00") == true)
            let states = try await rig.gateway.log(task).filter { $0.kind == .state }.map(\.json)
            #expect(
                states.last?.contains(#""reason":"usage_limit""#) == true
                    && states.last?.contains(#""waiting_for":"limit""#) == true
                    && states.last?.contains(#""until":"\#(until)""#) == true)
            #expect(try await rig.gateway.view(behind).reason == .conversationBusy)
            await rig.pass(3590)
            #expect(executor.assigned.filter { $0.task == task }.count == 1)
            await rig.pass(to: until)
            let again = try await Self.assignment(executor, task, attempt: 2)
            #expect(again.resumes == true && again.prompt == "echo")
            try executor.finish(task, attempt: 2, 1)
            #expect(try await rig.gateway.wait(task, for: .completed).waiting == nil)
            _ = try await executor.assignment(behind)
        }
    }

    @Test("A limit that still holds is waited for again, never in a loop", arguments: [-100, 0, 5] as [Double])
    func again(seconds: Double) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Self.waits).id
            for attempt in UInt32(1)...3 {
                _ = try await Self.assignment(executor, task, attempt: attempt)
                let now = rig.time.now
                try await Self.limited(rig, executor, task, attempt: attempt, after: seconds)
                let view = try await rig.gateway.wait(task, for: .queued)
                #expect(view.waiting?.until == now.adding(seconds: 30))
                await rig.pass(29)
                #expect(try await rig.gateway.view(task).attempt == attempt)
                await rig.pass(1)
            }
        }
    }

    @Test("A wall clock that is set forward ends the wait within 30 s")
    func clockIsSet() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Self.waits).id
            _ = try await executor.assignment(task)
            try await Self.limited(rig, executor, task, after: 7200)
            _ = try await rig.gateway.wait(task, for: .queued)
            await rig.pass(20)
            #expect(try await rig.gateway.view(task).waitingFor == .limit)
            rig.time.setForward(7200)
            await rig.pass(30)
            #expect(try await Self.assignment(executor, task, attempt: 2).resumes == true)
        }
    }

    @Test("A task fails when it does not wait, or when the end of the limit is unknown or too far away")
    func fails() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            for (choices, seconds) in [
                (Choices(), 60), (Choices(onLimit: .fail), 60), (Self.waits, nil), (Self.waits, 31 * 86_400),
            ] as [(Choices, Double?)] {
                let task = try await rig.gateway.submit(choices: choices).id
                _ = try await executor.assignment(task)
                try await Self.limited(rig, executor, task, after: seconds)
                let end = try await rig.gateway.wait(task, for: .failed)
                #expect(end.error == Fault(.usageLimit, "the usage limit is reached until 18:00"))
                #expect(end.waiting == nil && end.waitingFor == nil)
            }
            // Another error with a time is no limit.
            let task = try await rig.gateway.submit(choices: Self.waits).id
            _ = try await executor.assignment(task)
            var message = Sample.finished(task, 1, .failed, error: Fault(.agentFailed, "no"))
            message.retryAt = rig.time.now.adding(seconds: 60)
            try executor.send(message)
            #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .agentFailed)
        }
    }

    @Test("A cancelled task never goes on", arguments: [false, true])
    func cancelled(before: Bool) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Self.waits).id
            _ = try await executor.assignment(task)
            try executor.started(task)
            _ = try await rig.gateway.wait(task, for: .running)
            if before { _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task)) }
            try await Self.limited(rig, executor, task, after: 60)
            if !before {
                _ = try await rig.gateway.wait(task, for: .queued)
                _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task))
            }
            let end = try await rig.gateway.wait(task, for: .cancelled)
            #expect(end.waiting == nil && end.waitingFor == nil)
            await rig.pass(120)
            let view = try await rig.gateway.view(task)
            #expect(executor.assigned.count == 1 && view.state == .cancelled)
        }
    }

    @Test("The wait and what follows survive a restart of the dispatcher", arguments: [false, true])
    func restart(isOver: Bool) async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskView?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Choices(queueTTLS: 100, onLimit: .wait)).id
            _ = try await executor.assignment(task)
            try await Self.limited(rig, executor, task, after: 3600)
            let view = try await rig.gateway.wait(task, for: .queued)
            found.withLock { $0 = view }
        }
        let before = try #require(found.withLock { $0 })
        let task = before.id
        let until = try #require(before.waiting?.until)
        // The time in the queue counts from the reset.
        try await Rig.run(folder: folder, at: isOver ? 4000 : 1000) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, generation: 2)
            if !isOver {
                let view = try await rig.gateway.view(task)
                #expect(view.waitingFor == .limit && view.waiting == before.waiting && view.reason == .usageLimit)
                await rig.pass(to: until)
            }
            await rig.pass(90)
            try await eventually("the place in the queue") {
                try await rig.gateway.view(task).reason == .deviceOffline
            }
            try await executor.connect()
            #expect(try await Self.assignment(executor, task, attempt: 2).resumes == true)
            // The dispatcher repeats the assignment with what it said first.
            await rig.pass(2)
            try await eventually("the repetition") { executor.assigned.count > 1 }
            #expect(executor.assigned.allSatisfy { $0.resumes == true })
        }
    }

    @Test("The time in the queue begins at the reset")
    func expiry() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit(choices: Choices(queueTTLS: 100, onLimit: .wait)).id
            _ = try await executor.assignment(task)
            try await Self.limited(rig, executor, task, after: 3600)
            let until = try #require(try await rig.gateway.wait(task, for: .queued).waiting?.until)
            // Its stall shows when the dispatcher knows of the loss.
            let other = try await rig.gateway.submit().id
            _ = try await executor.assignment(other)
            try executor.started(other, attempt: 1)
            _ = try await rig.gateway.wait(other, for: .running)
            try executor.disconnect()
            try await eventually("the stall") { try await rig.gateway.view(other).stalled != nil }
            await rig.pass(to: until)
            await rig.pass(99)
            #expect(try await rig.gateway.view(task).state == .queued)
            await rig.pass(1)
            #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .queueExpired)
        }
    }

    @Test("A task that waits fails with its device, and runs from the beginning after a loss")
    func losses() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let choices = Choices(onDisconnect: .requeue, graceS: 0, onLimit: .wait)
            let task = try await rig.gateway.submit(choices: choices).id
            let deleted = try await rig.gateway.submit(choices: Self.waits).id
            for id in [task, deleted] {
                _ = try await executor.assignment(id)
                try await Self.limited(rig, executor, id, after: id == task ? 60 : 9999)
                _ = try await rig.gateway.wait(id, for: .queued)
            }
            await rig.pass(60)
            #expect(try await Self.assignment(executor, task, attempt: 2).resumes == true)
            try executor.started(task, attempt: 2)
            _ = try await rig.gateway.wait(task, for: .running)
            try executor.disconnect()
            _ = try await rig.gateway.wait(task, for: .queued)
            let back = executor.again()
            try await back.connect()
            #expect(try await Self.assignment(back, task, attempt: 3).resumes != true)
            try back.disconnect()
            rig.registry.remove("box", owner: Sample.owner)
            #expect(try await rig.gateway.wait(deleted, for: .failed).error?.code == .deviceNotFound)
        }
    }
}
