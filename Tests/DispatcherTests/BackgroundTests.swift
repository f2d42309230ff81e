import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Background work of a turn")
struct BackgroundTests {
    static func waiting(_ task: TaskID, _ seq: UInt64, _ what: String?, attempt: UInt32 = 1) -> Event {
        var event = Sample.event(task, attempt: attempt, seq)
        event.kind = .waiting
        event.payload =
            WaitingPayload(waitingFor: what == nil ? nil : .background, since: Sample.now, what: what).bytes
        return event
    }

    static func running(
        _ rig: Rig, _ executor: ScriptedExecutor, _ choices: Choices? = nil, conversation: ConversationID? = nil
    ) async throws -> TaskID {
        let task = try await rig.gateway.submit(conversation: conversation, choices: choices).id
        _ = try await executor.assignment(task)
        try executor.started(task)
        return task
    }

    private static func states(_ rig: Rig, _ task: TaskID) async throws -> [String] {
        try await rig.gateway.log(task).filter { $0.kind == .state }.map(\.json)
    }

    @Test("A task says that it goes on for background work, since when and for what")
    func waits() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await Self.running(rig, executor)
            try executor.send(EventsAppend([Self.waiting(task, 1, "sleep 300")]))
            try await executor.acknowledged(task, 1)
            let view = try await rig.gateway.view(task)
            #expect(view.state == .running && view.waitingFor == .background)
            #expect(view.waiting == Waiting(since: Sample.now, what: "sleep 300"))
            let told = try #require(try await Self.states(rig, task).last)
            #expect(
                told.contains(#""waiting_for":"background","waiting":{"since":"\#(Sample.now)","what":"sleep 300"}"#))
            // The same again is no news.
            try executor.send(EventsAppend([Self.waiting(task, 2, "sleep 300"), Self.waiting(task, 3, nil)]))
            try await executor.acknowledged(task, 3)
            let states = try await Self.states(rig, task)
            #expect(states.filter { $0.contains("background") }.count == 1 && states.last?.contains("waiting") == false)
            #expect(try await rig.gateway.view(task).waiting == nil)
            try executor.send(EventsAppend([Self.waiting(task, 4, String(repeating: "é", count: 700))]))
            try await executor.acknowledged(task, 4)
            #expect(try await rig.gateway.view(task).waiting?.what?.count == 500)
            try executor.finish(task, 5)
            let end = try await rig.gateway.wait(task, for: .completed)
            #expect(end.waitingFor == nil && end.waiting == nil)
        }
    }

    @Test("A permission request within background work is what the task waits for first")
    func approval() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await Self.running(rig, executor)
            try executor.send(Sample.asks(task))
            try await eventually("the request") { executor.recorded.count == 1 }
            try executor.send(EventsAppend([Self.waiting(task, 1, "an agent")]))
            try await executor.acknowledged(task, 1)
            let asking = try await rig.gateway.view(task)
            #expect(asking.waitingFor == .approval && asking.waiting == nil)
            try executor.send(ApprovalClosed(task: task, attempt: 1, request: "r1"))
            let view = try await eventually("the end of the request") {
                let view = try await rig.gateway.view(task)
                return view.waitingFor == .background ? view : nil
            }
            #expect(view.waiting?.what == "an agent")
        }
    }

    @Test("Background work and what is open survive a restart of the dispatcher")
    func restart() async throws {
        let folder = try TemporaryDirectory()
        let found = Mutex<TaskID?>(nil)
        try await Rig.run(folder: folder) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await Self.running(rig, executor, Choices(onDisconnect: .wait))
            var call = Sample.event(task, 1)
            call.kind = .toolCall
            call.payload = ToolCallPayload(id: "toolu_1", title: "make", kind: "execute", status: "in_progress").bytes
            var plan = Sample.event(task, 2)
            plan.kind = .plan
            plan.payload = PlanPayload(entries: [.init(content: "build", priority: nil, status: "in_progress")]).bytes
            try executor.send(EventsAppend([call, plan, Self.waiting(task, 3, "make")]))
            try await executor.acknowledged(task, 3)
            found.withLock { $0 = task }
        }
        let task = try #require(found.withLock { $0 })
        try await Rig.run(folder: folder) { rig in
            let view = try await rig.gateway.view(task)
            #expect(view.waitingFor == .background && view.waiting?.what == "make")
            let executor = ScriptedExecutor(gateway: rig.gateway, generation: 2)
            // It was restarted, too: its agent is gone.
            try await executor.connect([])
            #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .executorRestarted)
            let last = try await rig.gateway.log(task).suffix(3)
            #expect(last.map(\.kind) == [.toolCallUpdate, .plan, .state])
            #expect(
                try last.first.map { try ToolCallUpdatePayload(reading: $0.payload) }
                    == ToolCallUpdatePayload(id: "toolu_1", status: "failed"))
            #expect(last.dropFirst().first?.json.contains(#""status":"pending""#) == true)
        }
    }

    @Test("Background work is ended when the conversation's next task waits for it", arguments: [false, true])
    func wrapUp(isQueuedBefore: Bool) async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let conversation = ConversationID.generate()
            let task = try await Self.running(rig, executor, conversation: conversation)
            if isQueuedBefore { _ = try await rig.gateway.submit(conversation: conversation) }
            // Another conversation does not matter.
            _ = try await rig.gateway.submit()
            try executor.send(EventsAppend([Self.waiting(task, 1, "sleep 300")]))
            try await executor.acknowledged(task, 1)
            if !isQueuedBefore {
                await rig.pass(10)
                #expect(executor.wrapUps.isEmpty)
                _ = try await rig.gateway.submit(conversation: conversation)
            }
            try await eventually("the order") { executor.wrapUps.count == 1 }
            #expect(executor.wrapUps.first == TaskWrapUp(task: task, attempt: 1, epoch: executor.assigned[0].epoch))
            await rig.pass(2)
            try await eventually("its repetition") { executor.wrapUps.count == 2 }
            // The link was cut: the order comes again in the new session.
            try executor.disconnect()
            let back = executor.again()
            try await back.connect([AttemptReport(task: task, attempt: 1, lastSeq: 1, ended: false)])
            try await eventually("the order in the new session") { !back.wrapUps.isEmpty }
            try back.finish(task, 2)
            _ = try await rig.gateway.wait(task, for: .completed)
            let sent = back.wrapUps.count
            await rig.pass(10)
            #expect(back.wrapUps.count == sent)
        }
    }

    @Test("Background work goes on when it alone is left, or the task behind it is cancelled")
    func noWrapUp() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let conversation = ConversationID.generate()
            let task = try await Self.running(rig, executor, conversation: conversation)
            let next = try await rig.gateway.submit(conversation: conversation).id
            await rig.pass(5)
            #expect(executor.wrapUps.isEmpty, "the turn itself runs")
            try executor.send(EventsAppend([Self.waiting(task, 1, "sleep 300")]))
            try await eventually("the order") { executor.wrapUps.count == 1 }
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: next))
            await rig.pass(10)
            #expect(executor.wrapUps.count == 1)
        }
    }

    @Test("A running task's terminal takes another size, which the task keeps")
    func terminal() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let small = TerminalSize(columns: 80, rows: 24)
            let large = TerminalSize(columns: 200, rows: 50)
            func resize(_ task: TaskID, _ size: TerminalSize, owner: UserID = Sample.owner) async -> ErrorCode? {
                await code { _ = try await rig.gateway.ask(TaskTerminal(owner: owner, task: task, terminal: size)) }
            }
            let task = try await rig.gateway.ask(
                TaskSubmit(
                    task: .generate(), owner: Sample.owner, prompt: "top", target: .device("box"), agent: "shell",
                    terminal: small, splitOutput: true)
            ).id
            #expect(try await executor.assignment(task).terminal == small)
            #expect(try await executor.assignment(task).splitOutput == true)
            #expect(await resize(task, large) == .conflict, "it does not run yet")
            try executor.started(task)
            _ = try await rig.gateway.wait(task, for: .running)
            #expect(await resize(task, large) == nil)
            try await eventually("the size") { executor.sizes == [large] }
            #expect(try await rig.gateway.view(task).terminal == large)
            #expect(await resize(task, TerminalSize(columns: 0, rows: 1)) == .invalidRequest)
            #expect(await resize(task, large, owner: .generate()) == .taskNotFound)
            let plain = try await Self.running(rig, executor)
            _ = try await rig.gateway.wait(plain, for: .running)
            #expect(await resize(plain, large) == .conflict, "it has none")
            try executor.finish(task, 1)
            _ = try await rig.gateway.wait(task, for: .completed)
            #expect(await resize(task, small) == .conflict)
            let again = try await rig.gateway.ask(TaskRetry(task: .generate(), owner: Sample.owner, of: task))
            #expect(again.terminal == large && again.splitOutput == true)
        }
    }

    @Test("A silent background counts as silence")
    func idle() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await Self.running(rig, executor, Choices(idleTimeoutS: 60))
            try executor.send(EventsAppend([Self.waiting(task, 1, "sleep 300")]))
            try await executor.acknowledged(task, 1)
            await rig.pass(30)
            await rig.pass(30)
            try await eventually("the stop") { executor.stops.contains { $0.task == task } }
            try executor.send(Sample.finished(task, 2, .cancelled))
            #expect(try await rig.gateway.wait(task, for: .failed).error?.code == .idleTimeout)
        }
    }
}
