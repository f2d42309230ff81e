import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Retries")
struct RetryTests {
    @Test("A retry is a new task with the same settings on the same device")
    func retry() async throws {
        try await Rig.run(devices: [Sample.device("box", star: true), Sample.device("other")]) { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let long = "again " + String(repeating: "x", count: 10_000)
            let chosen = Choices(priority: .high, graceS: 5, timeoutS: 900)
            let old = try await rig.gateway.submit(long, target: .defaultDevice, choices: chosen)
            _ = try await executor.assignment(old.id)
            try executor.finish(old.id, 1, .failed)
            _ = try await rig.gateway.wait(old.id, for: .failed)
            // Neither another default device nor other defaults change its settings.
            rig.registry.put(Sample.device("other", star: true))
            let defaults = Choices(priority: .low, permissionMode: .bypass)
            _ = try await rig.gateway.ask(DefaultsSet(owner: Sample.owner, set: defaults))

            let again = TaskRetry(
                task: .generate(), owner: Sample.owner, of: old.id, idempotencyKey: "k", digest: "d")
            let new = try await rig.gateway.ask(again)
            #expect(new.id == again.task && new.retryOf == old.id)
            #expect(new.device == "box" && new.target == .device("box"))
            #expect(new.conversation == old.conversation && new.agent == old.agent && new.prompt == long)
            #expect(new.choices == old.choices && new.choices?.permissionMode == nil)
            #expect(try await executor.assignment(new.id).prompt == long)
            // A repeated retry is the same task: by its id and by its key.
            #expect(try await rig.gateway.ask(again).id == new.id)
            var copy = again
            copy.task = .generate()
            #expect(try await rig.gateway.ask(copy).id == new.id)
            copy.digest = "e"
            #expect(await code { _ = try await rig.gateway.ask(copy) } == .idempotencyMismatch)
            #expect(try await rig.gateway.view(old.id).state == .failed)
            let total = try await rig.gateway.ask(TaskList(owner: Sample.owner, limit: 10)).total
            #expect(total == 2)
        }
    }

    @Test("A retry does not bring back a deleted conversation")
    func deletedConversation() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let old = try await rig.turn("old", on: executor)
            // As if the conversation was deleted after the retry had read the old task.
            try await rig.meddle("DELETE FROM conversations")
            let retry = TaskRetry(task: .generate(), owner: Sample.owner, of: old.id)
            #expect(await code { _ = try await rig.gateway.ask(retry) } == .taskNotFound)
            #expect(try await rig.column("SELECT count(*) FROM conversations") == 0)
            // A new task begins the conversation again.
            _ = try await rig.gateway.submit("new", target: .cloud, conversation: old.conversation)
            #expect(try await rig.gateway.ask(retry).conversation == old.conversation)
        }
    }

    @Test("Unknown, foreign and unfinished tasks cannot be retried")
    func refusals() async throws {
        try await Rig.run { rig in
            let task = try await rig.gateway.submit(target: .cloud)
            func retry(_ of: TaskID, owner: UserID = Sample.owner) async -> ErrorCode? {
                await code { _ = try await rig.gateway.ask(TaskRetry(task: .generate(), owner: owner, of: of)) }
            }
            #expect(await retry(task.id) == .conflict)
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: task.id))
            #expect(await retry(.generate()) == .taskNotFound)
            #expect(await retry(task.id, owner: .generate()) == .taskNotFound)
            // Only a task for the cloud goes to the cloud again.
            let again = try await rig.gateway.ask(TaskRetry(task: .generate(), owner: Sample.owner, of: task.id))
            #expect(again.target == .cloud && again.retryOf == task.id)
        }
    }

    @Test("A repeated retry has the same answer after a restart and after the old task was deleted")
    func repeated() async throws {
        let folder = try TemporaryDirectory()
        let again = TaskRetry(task: .generate(), owner: Sample.owner, of: .generate(), idempotencyKey: "k")
        try await Rig.run(folder: folder) { rig in
            let old = try await rig.gateway.submit(target: .cloud)
            _ = try await rig.gateway.ask(TaskCancel(owner: Sample.owner, task: old.id))
            var retry = again
            retry.of = old.id
            #expect(try await rig.gateway.ask(retry).retryOf == old.id)
        }
        try await Rig.run(folder: folder, at: 60) { rig in
            // There is no such old task.
            let answer = try await rig.gateway.ask(again)
            #expect(answer.id == again.task)
        }
    }
}
