import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Submissions")
struct SubmitTests {
    private static func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch { return (error as? Fault)?.code }
    }

    @Test("Invalid submissions are refused")
    func refusals() async throws {
        let devices = [Sample.device("box"), Sample.device("off", status: .offline)]
        try await Rig.run(devices: devices) { rig in
            let gateway = rig.gateway
            #expect(await Self.code { _ = try await gateway.submit(" \n\t") } == .promptEmpty)
            let long = String(repeating: "x", count: Limits.prompt + 1)
            #expect(await Self.code { _ = try await gateway.submit(long) } == .promptTooLarge)
            #expect(await Self.code { _ = try await gateway.submit(target: .device("none")) } == .deviceNotFound)
            await rig.pass(30)
            #expect(await Self.code { _ = try await gateway.submit(target: .device("off")) } == .deviceOffline)
            let choices = Choices(priority: Priority(rawValue: "urgent"))
            #expect(await Self.code { _ = try await gateway.submit(choices: choices) } == .invalidRequest)
            #expect(await Self.code { _ = try await gateway.submit(target: .defaultDevice) } == .targetRequired)
            #expect(await Self.code { _ = try await gateway.submit(key: "") } == .invalidRequest)
            #expect(await Self.code { _ = try await gateway.view(.generate()) } == .taskNotFound)
        }
    }

    @Test("A key creates one task, and another body is a mismatch")
    func key() async throws {
        try await Rig.run { rig in
            let gateway = rig.gateway
            async let one = gateway.submit(key: "k", digest: "d")
            async let two = gateway.submit(key: "k", digest: "d")
            let (first, second) = try await (one, two)
            #expect(first.id == second.id)
            #expect(try await gateway.submit(key: "k", digest: "d").id == first.id)
            let mismatch = await Self.code { _ = try await gateway.submit(key: "k", digest: "e") }
            #expect(mismatch == .idempotencyMismatch)
            #expect(try await gateway.submit(owner: Sample.owner, target: .cloud, key: "other").id != first.id)
            // After the task has left memory, the store recognises the key.
            _ = try await gateway.ask(TaskCancel(owner: Sample.owner, task: first.id))
            await rig.pass(60)
            _ = try await gateway.submit(target: .cloud)
            #expect(try await gateway.submit(key: "k", digest: "d").state == .cancelled)
            // A day later the key creates a new task.
            await rig.pass(86_400)
            _ = try await gateway.submit(target: .cloud)
            #expect(try await gateway.submit(key: "k", digest: "e").id != first.id)
        }
    }

    @Test("The same id is the same task")
    func sameID() async throws {
        try await Rig.run { rig in
            let first = try await rig.gateway.submit()
            #expect(try await rig.gateway.submit(task: first.id) == first)
            let stranger = UserID.generate()
            let taken = await Self.code {
                _ = try await rig.gateway.submit(owner: stranger, target: .cloud, task: first.id)
            }
            #expect(taken == .conflict)
            #expect(try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 10)).total == 1)
        }
    }

    @Test("Another owner's tasks and conversations are not found")
    func otherOwner() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            let stranger = UserID.generate()
            #expect(await Self.code { _ = try await rig.gateway.view(task.id, owner: stranger) } == .taskNotFound)
            #expect(await Self.code { _ = try await rig.gateway.log(task.id, owner: stranger) } == .taskNotFound)
            let cancel = TaskCancel(owner: stranger, task: task.id)
            #expect(await Self.code { _ = try await rig.gateway.ask(cancel) } == .taskNotFound)
            let conversation = task.conversation
            let joined = await Self.code {
                _ = try await rig.gateway.submit(owner: stranger, target: .cloud, conversation: conversation)
            }
            #expect(joined == .conversationNotFound)
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task.id))
            let later = await Self.code {
                _ = try await rig.gateway.submit(owner: stranger, target: .cloud, conversation: conversation)
            }
            #expect(later == .conversationNotFound)
            #expect(try await rig.gateway.ask(TaskList(owner: stranger, limit: 10)).total == 0)
        }
    }

    @Test("A queue is bounded")
    func queueBound() async throws {
        try await Rig.run { rig in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Limits.queuePerUser {
                    group.addTask { _ = try await rig.gateway.submit(target: .cloud) }
                }
                try await group.waitForAll()
            }
            #expect(await Self.code { _ = try await rig.gateway.submit(target: .cloud) } == .queueFull)
            let one = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 1))
            #expect(one.total == Limits.queuePerUser)
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: one.tasks[0].id))
            _ = try await rig.gateway.submit(target: .cloud)
        }
    }

    @Test("An excerpt is bounded in bytes, too")
    func excerpt() async throws {
        #expect(Submission.excerpt(String(repeating: "é", count: 300)).count == 200)
        let accents = "e" + String(repeating: "\u{301}", count: 500_000)
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(accents, target: .cloud)
            let listed = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 1)).tasks.first
            #expect(task.prompt.utf8.count == accents.utf8.count && (listed?.prompt.utf8.count ?? .max) < 6400)
        }
    }

    @Test("Lists are paged, newest first")
    func pages() async throws {
        try await Rig.run { rig in
            var ids: [TaskID] = []
            for _ in 0..<5 { ids.append(try await rig.gateway.submit(target: .cloud).id) }
            ids.sort(by: >)
            let first = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 2))
            #expect(first.tasks.map(\.id) == Array(ids[..<2]) && first.total == 5 && first.next == ids[1])
            let rest = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 200, before: first.next))
            #expect(rest.tasks.map(\.id) == Array(ids[2...]) && rest.next == nil && rest.total == 5)
            let none = TaskList(owner: Sample.owner, limit: 10, states: [.running], device: "box")
            #expect(try await rig.gateway.ask(none).total == 0)
            let queued = TaskList(
                owner: Sample.owner, limit: 10, states: [.queued], conversation: rest.tasks[0].conversation)
            #expect(try await rig.gateway.ask(queued).tasks.map(\.id) == [ids[2]])
        }
    }
}
