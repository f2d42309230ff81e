import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Time limits in the queue, of an attempt and of its silence")
struct LimitsTests {
    private static func running(_ rig: Rig, _ executor: ScriptedExecutor, _ choices: Choices) async throws -> TaskID {
        try await executor.connect()
        let task = try await rig.gateway.submit(choices: choices).id
        _ = try await executor.assignment(task)
        try executor.started(task)
        _ = try await rig.gateway.wait(task, for: .running)
        return task
    }

    private static func warnings(_ rig: Rig, _ task: TaskID) async throws -> [String] {
        try await rig.gateway.log(task).filter { $0.kind == .log }.map(\.json)
    }

    private static func holds(_ task: TaskID, last: UInt64 = 0) -> [AttemptReport] {
        [AttemptReport(task: task, attempt: 1, lastSeq: last, ended: false)]
    }

    // MARK: The time in the queue

    @Test("A task that has waited for its queue_ttl_s fails and names the reason")
    func queueLimit() async throws {
        let devices = [Sample.device("box"), Sample.device("off", status: .offline)]
        try await Rig.run(devices: devices) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            let conversation = ConversationID.generate()
            try await executor.connect()
            let first = try await rig.gateway.submit(conversation: conversation).id
            _ = try await executor.assignment(first)
            let choices = Choices(queueTTLS: 60, ifOffline: .wait)
            let tasks = [
                try await rig.gateway.submit(choices: choices).id,
                try await rig.gateway.submit(conversation: conversation, choices: choices).id,
                try await rig.gateway.submit(target: .device("off"), choices: choices).id,
                try await rig.gateway.submit(target: .cloud, choices: choices).id,
            ]
            let longer = try await rig.gateway.submit(choices: Choices(queueTTLS: 61)).id
            await rig.pass(59.9)
            for task in tasks { #expect(try await rig.gateway.view(task).state == .queued) }
            await rig.pass(0.1)
            let reasons = [
                "was busy with others", "earlier task of its conversation", "off was offline", "no executor of",
            ]
            for (task, reason) in zip(tasks, reasons) {
                let end = try await rig.gateway.wait(task, for: .failed)
                #expect(end.error?.code == .queueExpired)
                let message = try #require(end.error?.message)
                #expect(message.contains("for 60 s (its queue_ttl_s is 60)") && message.contains(reason), "\(message)")
            }
            #expect(try await rig.gateway.view(longer).queuePosition == 1)
            await rig.pass(1)
            _ = try await rig.gateway.wait(longer, for: .failed)
        }
    }

    @Test("The time in the queue goes on over a restart and ends with the wait")
    func queueLimitRestart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<[TaskView]>([])
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, slots: 1)
            let running = try await Self.running(rig, executor, Choices(queueTTLS: 50, onDisconnect: .wait))
            let waiting = try await rig.gateway.submit(choices: Choices(queueTTLS: 100))
            // A running task does not wait any more.
            await rig.pass(60)
            let view = try await rig.gateway.view(running)
            #expect(view.state == .running)
            found.withLock { $0 = [view, waiting] }
        }
        let (running, waiting) = found.withLock { ($0[0].id, $0[1]) }
        let since = waiting.createdAt
        try await Rig.run(folder: folder, at: since.seconds(since: Sample.now) + 70) { rig in
            await rig.pass(to: since.adding(seconds: 99))
            #expect(try await rig.gateway.view(waiting.id).state == .queued)
            await rig.pass(to: since.adding(seconds: 100))
            let end = try await rig.gateway.wait(waiting.id, for: .failed)
            #expect(end.error?.code == .queueExpired)
            #expect(try await rig.gateway.view(running).state == .running)
        }
    }

    // MARK: The time of an attempt

    @Test("An attempt is warned at half of its timeout_s, and stopped and failed at its end")
    func timeout() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(timeoutS: 60))
            await rig.pass(29.9)
            #expect(try await Self.warnings(rig, task).isEmpty)
            await rig.pass(0.1)
            try await eventually("the notice", within: .seconds(10)) { try await Self.warnings(rig, task).count == 1 }
            #expect(try await Self.warnings(rig, task)[0].contains("half of the 60 s"))
            try executor.append(task, 1...1)
            await rig.pass(30)
            try await eventually("the stop", within: .seconds(10)) { executor.stops.count == 1 }
            #expect(!executor.stops[0].discard)
            #expect(try await rig.gateway.view(task).state == .running)
            // Its last output is there, and its end is the timeout.
            try executor.append(task, 2...2)
            try executor.finish(task, 3, .cancelled)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .timeout && end.cancelRequestedAt == nil)
            #expect(end.error?.message.contains("60 s (its timeout_s)") == true)
            #expect(try await rig.gateway.log(task).filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2])
        }
    }

    @Test("A completion before the stop is confirmed wins")
    func completionWins() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(timeoutS: 60))
            await rig.pass(60)
            try await eventually("the stop", within: .seconds(10)) { executor.stops.count == 1 }
            // A cancellation after the limit was reached changes nothing.
            let view = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task))
            #expect(view.state == .running && view.cancelRequestedAt != nil)
            try executor.finish(task, 1, .completed)
            #expect(try await rig.gateway.wait(task, for: .completed).error == nil)
        }
    }

    @Test("An unconfirmed stop and an absent device fail the task all the same")
    func unconfirmed() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let first = try await Self.running(rig, executor, Choices(timeoutS: 60))
            let second = try await rig.gateway.submit(choices: Choices(onDisconnect: .wait, timeoutS: 100)).id
            try executor.started(second)
            _ = try await rig.gateway.wait(second, for: .running)
            await rig.pass(60)
            try await eventually("the stop", within: .seconds(10)) { executor.stops.count == 1 }
            await rig.pass(9.9)
            #expect(try await rig.gateway.view(first).state == .running)
            await rig.pass(0.1)
            #expect(try await rig.gateway.wait(first, for: .failed).error?.code == .timeout)
            try executor.disconnect()
            try await eventually("the stall", within: .seconds(10)) {
                try await rig.gateway.view(second).stalled != nil
            }
            await rig.pass(30)
            #expect(try await rig.gateway.wait(second, for: .failed).error?.code == .timeout)
        }
    }

    @Test("The time goes on over a restart, with one warning")
    func timeoutRestart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskView?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(timeoutS: 100))
            await rig.pass(60)
            try await eventually("the notice", within: .seconds(10)) { try await Self.warnings(rig, task).count == 1 }
            let view = try await rig.gateway.view(task)
            found.withLock { $0 = view }
        }
        let view = try #require(found.withLock { $0 })
        let (task, since) = (view.id, try #require(view.startedAt))
        let start = since.seconds(since: Sample.now)
        try await Rig.run(folder: folder, at: start + 70) { rig in
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: 2)
            try await back.connect(Self.holds(task))
            await rig.pass(to: since.adding(seconds: 99))
            #expect(try await rig.gateway.view(task).state == .running)
            #expect(try await Self.warnings(rig, task).count == 1)
            await rig.pass(to: since.adding(seconds: 100))
            try await eventually("the stop", within: .seconds(10)) { back.stops.contains { $0.task == task } }
        }
        // The next dispatcher knows that the task is being ended.
        try await Rig.run(folder: folder, at: start + 130) { rig in
            let back = ScriptedExecutor(gateway: rig.gateway, session: .generate(), generation: 3)
            try await back.connect(Self.holds(task))
            #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .timeout)
        }
    }

    // MARK: Silence

    @Test("A silent agent is warned at half of each silence, and stopped at its end")
    func silence() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(idleTimeoutS: 20))
            for round in 1...3 as ClosedRange<UInt64> {
                await rig.pass(9.9)
                await rig.pass(5)
                try await eventually("notice \(round)", within: .seconds(10)) {
                    try await Self.warnings(rig, task).count == Int(round)
                }
                try executor.append(task, round...round)
                try await executor.acknowledged(task, round)
            }
            // An agent that gives a sign in time gets no warning.
            for number in 4...9 as ClosedRange<UInt64> {
                await rig.pass(9)
                try executor.append(task, number...number)
                try await executor.acknowledged(task, number)
            }
            #expect(try await Self.warnings(rig, task).count == 3)
            await rig.pass(10)
            await rig.pass(9.9)
            #expect(executor.stops.isEmpty)
            await rig.pass(0.1)
            try await eventually("the stop", within: .seconds(10)) { executor.stops.count == 1 }
            try executor.finish(task, 10, .cancelled)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .idleTimeout && end.error?.message.contains("20 s") == true)
        }
    }

    @Test("A silence goes on when the same connection is opened again")
    func sameConnection() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(idleTimeoutS: 20))
            for _ in 0..<4 {
                await rig.pass(4.9)
                try await executor.connect(Self.holds(task))
            }
            await rig.pass(0.4)
            try await eventually("the stop", within: .seconds(10)) { executor.stops.contains { $0.task == task } }
        }
    }

    @Test("Silence does not count while the device is away or a permission request is open")
    func noSilence() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .wait, idleTimeoutS: 20))
            await rig.pass(8)
            try executor.disconnect()
            try await eventually("the stall", within: .seconds(10)) { try await rig.gateway.view(task).stalled != nil }
            for _ in 0..<10 { await rig.pass(20) }
            let back = executor.again()
            try await back.connect(Self.holds(task))
            try await eventually("its return", within: .seconds(10)) { try await rig.gateway.view(task).stalled == nil }
            await rig.pass(9)
            #expect(try await Self.warnings(rig, task).isEmpty)
            try back.send(Sample.asks(task))
            try await eventually("the request", within: .seconds(10)) {
                try await rig.gateway.view(task).waitingFor == .approval
            }
            for _ in 0..<10 { await rig.pass(20) }
            try back.send(ApprovalClosed(task: task, attempt: 1, request: "r1"))
            try await eventually("its end", within: .seconds(10)) {
                try await rig.gateway.view(task).waitingFor == nil
            }
            await rig.pass(9.9)
            #expect(try await Self.warnings(rig, task).isEmpty && back.stops.isEmpty)
            await rig.pass(0.1)
            try await eventually("the notice", within: .seconds(10)) { try await Self.warnings(rig, task).count == 1 }
            await rig.pass(10)
            try await eventually("the stop", within: .seconds(10)) { back.stops.count == 1 }
        }
    }
}
