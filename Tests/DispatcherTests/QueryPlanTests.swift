import GRDB
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Query plans")
struct QueryPlanTests {
    @Test("No query scans a table that grows for ever")
    func scans() async throws {
        let folder = try TemporaryDirectory()
        let store = try await SQLiteTaskStore(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        let seen = try await store.file.read { db in
            let plans = Plans()
            db.trace(options: .statement) { event in
                if case .statement(let statement) = event { plans.add(statement.sql) }
            }
            let owner = Sample.owner
            for query in [nil, "text"] {
                for before in [nil, "1.\(ConversationID.generate())"] {
                    let list = ConversationList(owner: owner, limit: 50, before: before, query: query)
                    _ = try ConversationPage.read(list, db)
                }
            }
            _ = try ConversationTable.view(.generate(), owner: owner, db)
            _ = try TaskRow.alive(Partition(owner: owner), db)
            _ = try TaskRow.lastOrdinal(in: Partition(owner: owner), db)
            _ = try ApprovalTable.newest(of: [AttemptID(task: .generate(), attempt: 1)], db)
            _ = try ApprovalTable.page(ApprovalList(owner: owner, limit: 9, states: [.pending]), db)
            _ = try ApprovalTable.page(ApprovalList(owner: owner, limit: 9, before: .generate(), task: .generate()), db)
            db.trace(nil)
            return plans.all
        }
        let written = try await Self.written(store)
        await store.close()
        #expect(seen.count >= 8 && written.count >= 10)
        let look = try DatabaseQueue(path: SQLiteTaskStore.path(in: folder.file("data")))
        try await look.read { db in
            for sql in seen.union(written) {
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                // Unbound arguments are NULL.
                statement.setUncheckedArguments(StatementArguments())
                let plan = try Row.fetchAll(statement)
                for row in plan {
                    let detail = row["detail"] as String
                    // The partial index has only the few living tasks, any deletion will do, and there are 64 leases.
                    let isScan =
                        detail.hasPrefix("SCAN") && !detail.contains("tasks_alive") && !detail.contains("deletions")
                        && !detail.contains("leases") && !detail.contains("CONSTANT ROW")
                    #expect(!isScan && !detail.contains("TEMP B-TREE"), "\(detail): \(sql)")
                }
            }
        }
        try look.close()
    }

    /// Returns the statements of commits and deletions.
    private static func written(_ store: SQLiteTaskStore) async throws -> Set<String> {
        let plans = Plans()
        try await store.file.write { db in
            db.trace(options: .statement) { event in
                if case .statement(let statement) = event { plans.add(statement.sql) }
            }
        }
        for number in 1...2 {
            var record = Sample.record(ordinal: Int64(number))
            record.state = .completed
            record.endedAt = Sample.now
            record.lastSeq = 1
            try await store.commit(
                CommitBatch(
                    records: [record],
                    creations: [record.id: .init(prompt: "p", key: .init(owner: Sample.owner, text: "k"), digest: "")],
                    events: [Sample.event(record.id, 1, seq: 1)], approvals: [Sample.approval()]))
            if number == 1 {
                _ = try await store.prune(endedBefore: Sample.now.adding(seconds: 1), limit: 9)
            } else {
                _ = try await store.delete(ConversationDelete(owner: Sample.owner, conversation: record.conversation))
            }
            while try await store.sweepDeletions(rows: 1, bytes: 1) {}
            while try await store.sweepConversations(limit: 1).isLeft {}
            _ = try await store.sweepKeys(before: Sample.now.adding(seconds: 1), rows: 9)
        }
        try await store.file.write { $0.trace(nil) }
        return plans.all
    }

    private final class Plans: Sendable {
        private let statements = Mutex<Set<String>>([])
        var all: Set<String> { statements.withLock { $0 } }
        func add(_ sql: String) {
            guard ["SELECT", "DELETE", "UPDATE", "INSERT"].contains(sql.prefix(6)) else { return }
            statements.withLock { _ = $0.insert(sql) }
        }
    }
}
