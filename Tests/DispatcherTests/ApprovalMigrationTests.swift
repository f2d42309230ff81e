import GRDB
import Messages
import Storage
import TestSupport
import Testing

@testable import Dispatcher
@testable import StoreConformance

/// A database of the schema before options and edited inputs is brought up to date with all that it holds.
@Suite("The migration to what a permission request offers")
struct ApprovalMigrationTests {
    private let owner = Sample.owner
    private let task = TaskID.generate()
    private let open = ApprovalID.generate()
    private let closed = ApprovalID.generate()

    private func makeOld(_ path: String) async throws {
        let before = Schema.migrations.prefix { $0.name != "what a permission request offers" }
        let store = try await Store(path: path, migrations: Array(before))
        try await store.write { db in
            for (id, request, state) in [(open, "r1", "pending"), (closed, "r2", "denied")] {
                try db.execute(
                    sql: """
                        INSERT INTO approvals (id, task_id, owner, attempt, request, conversation, tool, title, rule, state,
                        requested_at, expires_at, delivered, input, partition)
                        VALUES (?, ?, ?, 1, ?, ?, 'Bash', 'Run', 'Bash(ls)', ?, 1, 2, ?, '{"command":"ls"}', ?)
                        """,
                    arguments: [
                        id.blob, task.blob, owner.blob, request, ConversationID.generate().blob, state,
                        state != "pending", Partition(owner: owner).number,
                    ])
            }
        }
        await store.close()
    }

    @Test("A request keeps what it had, offers the standard options, and cannot be answered with an edited input")
    func migrates() async throws {
        let folder = try TemporaryDirectory()
        try await makeOld(SQLiteTaskStore.path(in: folder.path))
        let store = try await SQLiteTaskStore(
            directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        let approval = try #require(try await store.approval(open, owner: owner))
        #expect(approval.isPending && approval.input == ["command": "ls"] && approval.rule == "Bash(ls)")
        #expect(approval.options == nil && approval.questions == nil && !approval.isInputCut)
        #expect(approval.view.options == ApprovalOption.standard(hasRule: true) && approval.view.updatedInput == nil)
        #expect(try await store.approval(closed, owner: owner)?.state == .denied)
        var decide = Sample.decide(approval)
        (decide.decision, decide.scope, decide.input) = (nil, .once, ["command": "ls -l"])
        #expect(throws: Fault.self) { try ApprovalChoice(decide, of: approval) }
        decide.input = nil
        decide.option = "allow_conversation"
        var decided = approval
        #expect(decided.decide(decide, now: Sample.now) == .counts)
        try await store.commit(CommitBatch(approvals: [decided]))
        #expect(try await store.approval(open, owner: owner) == decided)
        await store.close()
    }
}
