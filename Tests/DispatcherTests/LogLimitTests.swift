import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("How much tasks may write")
struct LogLimitTests {
    /// Sends events of 1 MiB, each after the acknowledgement of the one before, until the task has ended.
    /// - Returns: how many were acknowledged.
    private static func write(_ rig: Rig, _ executor: ScriptedExecutor, _ task: TaskID, most: UInt64) async throws
        -> UInt64
    {
        for number in 1...most {
            var event = Sample.event(task, number)
            event.payload = Sample.text(String(repeating: "x", count: 1 << 19))
            try executor.send(EventsAppend([event]))
            let isOver = try await eventually("an answer", within: .seconds(10)) { () -> Bool? in
                if executor.acked(task) >= number { return false }
                return try await rig.gateway.view(task).state == .running ? nil : true
            }
            if isOver { return number - 1 }
        }
        return most
    }

    private static func start(_ rig: Rig, _ executor: ScriptedExecutor) async throws -> TaskID {
        let task = try await rig.gateway.submit().id
        _ = try await executor.assignment(task)
        try executor.started(task)
        _ = try await rig.gateway.wait(task, for: .running)
        return task
    }

    @Test("A task at the limit of its log fails with what it wrote, and its attempt is stopped")
    func task() async throws {
        try await Rig.run(taskLogMB: 2) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await Self.start(rig, executor)
            #expect(try await Self.write(rig, executor, task, most: 9) == 3)
            let end = try await rig.gateway.wait(task, for: .failed)
            #expect(end.error?.code == .outputLimit && end.error?.message.contains("2 MiB") == true)
            try await eventually("the stop") { executor.stops.contains { $0.task == task && $0.discard } }
            let log = try await rig.gateway.log(task)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3] && log.last?.flags == .terminal)
            // Another one has a log of its own.
            let other = try await Self.start(rig, executor)
            #expect(try await Self.write(rig, executor, other, most: 2) == 2)
        }
    }

    @Test("All tasks of a user share a limit, which counts over restarts and gets room by deletions")
    func user() async throws {
        let folder = try TemporaryDirectory()
        try await Rig.run(folder: folder, userLogMB: 2) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let first = try await Self.start(rig, executor)
            #expect(try await Self.write(rig, executor, first, most: 2) == 2)
            try executor.finish(first, 3)
            _ = try await rig.gateway.wait(first, for: .completed)
        }
        try await Rig.run(folder: folder, userLogMB: 2) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, generation: 2)
            try await executor.connect()
            let second = try await Self.start(rig, executor)
            #expect(try await Self.write(rig, executor, second, most: 9) == 1)
            #expect(try await rig.gateway.wait(second, for: .failed).error?.code == .outputLimit)
            // Other users do not notice.
            let other = UserID.generate()
            _ = try await rig.gateway.submit(owner: other, target: .cloud)
            for conversation in try await rig.gateway.ask(ConversationList(owner: Sample.owner, limit: 9)).conversations
            {
                _ = try await rig.gateway.ask(ConversationDelete(owner: Sample.owner, conversation: conversation.id))
            }
            try await eventually("the count") { await rig.server.service?.logUsage[Sample.owner] == 0 }
            try executor.report()
            let third = try await Self.start(rig, executor)
            #expect(try await Self.write(rig, executor, third, most: 2) == 2)
        }
    }
}
