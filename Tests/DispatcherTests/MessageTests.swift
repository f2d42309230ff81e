import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Messages to running turns")
struct MessageTests {
    private static func message(_ task: TaskID, _ text: String = "faster", id: MessageID = .generate()) -> TaskMessage {
        TaskMessage(owner: Sample.owner, task: task, message: id, text: text)
    }

    private static func taken(_ message: TaskMessage, _ seq: UInt64) -> Event {
        var event = Sample.event(message.task, seq)
        event.kind = .userMessageChunk
        event.payload = TextPayload(.text(message.text), meta: PayloadMeta(message: "\(message.message)")).bytes
        return event
    }

    @Test("A message reaches the turn, and its sender learns that it has it once that is on disk")
    func taken() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await BackgroundTests.running(rig, executor)
            let message = Self.message(task)
            async let answer = rig.gateway.ask(message)
            let sent = try await executor.steer(message.message)
            #expect(sent.text == "faster" && sent.attempt == 1 && sent.epoch == executor.assigned[0].epoch)
            await rig.pass(2)
            try await eventually("the repetition") { executor.steers.count == 2 }
            // A repeated request is the same message.
            async let again = rig.gateway.ask(message)
            try executor.send(EventsAppend([Self.taken(message, 1)]))
            _ = try await (answer, again)
            #expect(try await rig.gateway.log(task).last?.json.contains("faster") == true)
            _ = try await rig.gateway.ask(message)
            await rig.pass(10)
            #expect(executor.steers.count == 2)
            let other = await code { _ = try await rig.gateway.ask(Self.message(task, "slower", id: message.message)) }
            #expect(other == .idempotencyMismatch)
        }
    }

    @Test("A message that the agent refuses is refused with its reason")
    func refused() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await BackgroundTests.running(rig, executor)
            for (given, expected) in [
                (ErrorCode.steerUnsupported, ErrorCode.steerUnsupported), (.agentFailed, .conflict),
            ] {
                let message = Self.message(task)
                async let answer = fault { _ = try await rig.gateway.ask(message) }
                _ = try await executor.steer(message.message)
                // One of another attempt does not count.
                try executor.send(
                    TaskSteerRefused(task: task, attempt: 2, message: message.message, fault: Fault(.conflict, "old")))
                try executor.send(
                    TaskSteerRefused(
                        task: task, attempt: 1, message: message.message, fault: Fault(given, "the shell reads nothing")
                    ))
                #expect(await answer == Fault(expected, "the shell reads nothing"))
            }
        }
    }

    @Test("A message without an answer is given up after 10 s, and may be repeated")
    func deadline() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await BackgroundTests.running(rig, executor)
            let message = Self.message(task)
            async let answer = fault { _ = try await rig.gateway.ask(message) }
            _ = try await executor.steer(message.message)
            for _ in 0..<5 { await rig.pass(2) }
            let given = await answer
            #expect(given?.code == .deadlineExceeded && given?.message.contains("\(task)") == true)
            let count = executor.steers.count
            await rig.pass(10)
            #expect(executor.steers.count == count)
            // The turn has taken it since.
            try executor.send(EventsAppend([Self.taken(message, 1)]))
            try await executor.acknowledged(task, 1)
            _ = try await rig.gateway.ask(message)
        }
    }

    @Test("The end of the attempt refuses what its turn has not taken", arguments: [TaskState.completed, .failed])
    func ended(state: TaskState) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await BackgroundTests.running(rig, executor)
            let (first, second) = (Self.message(task), Self.message(task))
            async let taken = fault { _ = try await rig.gateway.ask(first) }
            _ = try await executor.steer(first.message)
            async let late = fault { _ = try await rig.gateway.ask(second) }
            _ = try await executor.steer(second.message)
            try executor.send(EventsAppend([Self.taken(first, 1)]))
            try executor.finish(task, 2, state)
            #expect(await taken == nil)
            #expect(await late?.code == .conflict)
            #expect(await fault { _ = try await rig.gateway.ask(first) } == nil)
            let ended = await fault { _ = try await rig.gateway.ask(Self.message(task)) }
            #expect(ended?.code == .conflict && ended?.message.contains("next task") == true)
        }
    }

    @Test("Only running tasks of the owner take messages, of text, and a few at a time")
    func refusals() async throws {
        try await Rig.run { rig in
            let queued = try await rig.gateway.submit(choices: Choices(ifOffline: .wait)).id
            #expect(await code { _ = try await rig.gateway.ask(Self.message(queued)) } == .conflict)
            #expect(await code { _ = try await rig.gateway.ask(Self.message(.generate())) } == .taskNotFound)
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            _ = try await executor.assignment(queued)
            try executor.started(queued)
            _ = try await rig.gateway.wait(queued, for: .running)
            let stranger = TaskMessage(owner: .generate(), task: queued, message: .generate(), text: "x")
            #expect(await code { _ = try await rig.gateway.ask(stranger) } == .taskNotFound)
            #expect(await code { _ = try await rig.gateway.ask(Self.message(queued, " \n")) } == .promptEmpty)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<DispatcherLimits.openMessages {
                    group.addTask { _ = await code { _ = try await rig.gateway.ask(Self.message(queued)) } }
                }
                try await eventually("the messages") { executor.steers.count == DispatcherLimits.openMessages }
                #expect(await code { _ = try await rig.gateway.ask(Self.message(queued)) } == .rateLimited)
                _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: queued))
                #expect(await code { _ = try await rig.gateway.ask(Self.message(queued)) } == .conflict)
                try executor.finish(queued, 1, .cancelled)
                try await group.waitForAll()
            }
        }
    }

    @Test("A message goes on over a new session and, repeated, over a restart of the dispatcher")
    func sessions() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskMessage?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await BackgroundTests.running(rig, executor, Choices(onDisconnect: .wait))
            let message = Self.message(task)
            async let answer = rig.gateway.ask(message)
            _ = try await executor.steer(message.message)
            try executor.disconnect()
            let back = executor.again()
            try await back.connect([AttemptReport(task: task, attempt: 1, lastSeq: 0, ended: false)])
            _ = try await back.steer(message.message)
            try back.send(EventsAppend([Self.taken(message, 1)]))
            _ = try await answer
            found.withLock { $0 = message }
        }
        let message = try #require(found.withLock { $0 })
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway, generation: 3)
            try await executor.connect([AttemptReport(task: message.task, attempt: 1, lastSeq: 1, ended: false)])
            _ = try await rig.gateway.ask(message)
            #expect(executor.steers.isEmpty)
        }
    }
}
