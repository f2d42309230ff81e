import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Queues")
struct QueueTests {
    @Test("A task on an idle device is assigned at once and runs to its end")
    func idleDevice() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            #expect(try await executor.connect().epoch == Sample.epoch)
            let view = try await eventually("a slot") {
                let view = try await rig.gateway.submit("echo hi", target: .defaultDevice)
                return view.state == .assigned ? view : nil
            }
            #expect(view.target == .defaultDevice && view.device == "box" && view.deviceName == "Linux - box")
            let assign = try await executor.assignment(view.id)
            #expect(
                assign.prompt == "echo hi" && assign.attempt == 1 && assign.epoch == Sample.epoch && assign.leaseS == 45
            )
            try executor.started(view.id)
            _ = try await rig.gateway.wait(view.id, for: .running)
            try executor.append(view.id, 1...3)
            try await executor.acknowledged(view.id, 3)
            try executor.finish(view.id, 4)
            try await executor.acknowledged(view.id, 4)
            let end = try await rig.gateway.wait(view.id, for: .completed)
            let log = try await rig.gateway.log(view.id)
            #expect(log.map(\.seq) == Array(1...UInt64(log.count)))
            #expect(
                log.map(\.kind) == [.state, .state] + [EventKind](repeating: .agentMessageChunk, count: 3) + [.state])
            #expect(log.last?.flags == .terminal && end.lastSeq == 6 && end.prompt == "echo hi")
        }
    }

    @Test("The sixth task waits first in the queue and starts when a slot is free")
    func sixthTask() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            var tasks: [TaskID] = []
            for _ in 0..<7 { tasks.append(try await rig.gateway.submit().id) }
            for task in tasks[..<5] { _ = try await executor.assignment(task) }
            let sixth = try await rig.gateway.view(tasks[5])
            #expect(sixth.state == .queued && sixth.queuePosition == 1 && sixth.reason == .deviceBusy)
            #expect(try await rig.gateway.view(tasks[6]).queuePosition == 2)
            try executor.finish(tasks[2], 1)
            _ = try await executor.assignment(tasks[5])
            #expect(try await rig.gateway.view(tasks[6]).queuePosition == 1)
            let log = try await rig.gateway.log(tasks[5])
            #expect(log.first?.json == #"{"state":"queued","reason":"device_busy","queue_position":1}"#)
            await rig.pass(0.3)
            try await eventually("the new place in the log", within: .seconds(10)) {
                try await rig.gateway.log(tasks[6]).last?.json
                    == #"{"state":"queued","reason":"device_busy","queue_position":1}"#
            }
        }
    }

    @Test("One task runs per conversation, and others overtake the waiting one")
    func conversation() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let conversation = ConversationID.generate()
            let first = try await rig.gateway.submit(conversation: conversation)
            let second = try await rig.gateway.submit(conversation: conversation)
            let other = try await rig.gateway.submit()
            _ = try await executor.assignment(first.id)
            _ = try await executor.assignment(other.id)
            let waiting = try await rig.gateway.view(second.id)
            #expect(waiting.state == .queued && waiting.reason == .conversationBusy && waiting.queuePosition == 1)
            try executor.finish(first.id, 1)
            #expect(try await executor.assignment(second.id).conversation == conversation)
        }
    }

    @Test("A refusal for lack of slots requeues the task until the next report")
    func slotsFull() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit()
            _ = try await executor.assignment(task.id)
            try executor.send(TaskRejected(task: task.id, attempt: 1, fault: Fault(.slotsFull, "full")))
            _ = try await rig.gateway.wait(task.id, for: .queued)
            #expect(executor.assigned.count == 1)
            try executor.report()
            try await eventually("the second attempt") { executor.assigned.contains { $0.attempt == 2 } }
            try executor.send(TaskRejected(task: task.id, attempt: 2, fault: Fault(.agentMissing, "no claude")))
            let end = try await rig.gateway.wait(task.id, for: .failed)
            #expect(end.error == Fault(.agentMissing, "no claude"))
        }
    }

    @Test("An assignment is repeated until it is answered")
    func repeatedAssignment() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit()
            _ = try await executor.assignment(task.id)
            await rig.pass(2)
            try await eventually("the repeat") { executor.assigned.count == 2 }
            try executor.started(task.id)
            _ = try await rig.gateway.wait(task.id, for: .running)
            await rig.pass(2)
            await rig.pass(2)
            _ = try await rig.gateway.view(task.id)
            #expect(executor.assigned.count == 2)
        }
    }

    @Test("A session without a report gets work after some time")
    func noReport() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect(reporting: false)
            let task = try await rig.gateway.submit()
            #expect(task.state == .queued)
            await rig.pass(2)
            _ = try await executor.assignment(task.id)
        }
    }

    @Test("A long prompt reaches the device whole")
    func longPrompt() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let prompt = String(repeating: "é", count: Limits.prompt / 2)
            let task = try await rig.gateway.submit(prompt)
            #expect(try await executor.assignment(task.id).prompt == prompt)
            let listing = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 10))
            #expect(listing.tasks.first?.prompt.count == 200)
        }
    }

    @Test("A deleted device fails the tasks that wait for it")
    func deletedDevice() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit()
            #expect(task.reason == .deviceOffline)
            rig.registry.remove("box", owner: Sample.owner)
            #expect(try await rig.gateway.wait(task.id, for: .failed).error?.code == .deviceNotFound)
        }
    }

    @Test("A task for the cloud waits with its reason")
    func cloud() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            #expect(task.state == .queued && task.reason == .noCloudExecutor && task.queuePosition == 1)
            #expect(task.device == nil)
        }
    }
}
