import Messages
import Storage
import TestSupport
import Testing

@testable import Dispatcher

/// No query of a person or of a commit looks at every row of a table that grows for ever.
@Suite struct QueryPlanTests {
    @Test func nothingScansATableThatGrows() async throws {
        let folder = try TemporaryDirectory()
        let log = try await EventLog(
            directory: folder.file("data"), holder: .generate(), isLocked: true, now: Sample.now)
        let seen = try await log.store.read { db in
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
            _ = try ApprovalTable.alive(db)
            _ = try ApprovalTable.page(ApprovalList(owner: owner, limit: 9, states: [.pending]), db)
            _ = try ApprovalTable.page(ApprovalList(owner: owner, limit: 9, before: .generate(), task: .generate()), db)
            db.trace(nil)
            return plans.all
        }
        await log.close()
        #expect(seen.count >= 8)
        let look = try DatabaseQueue(path: EventLog.path(in: folder.file("data")))
        try await look.read { db in
            for sql in seen {
                let count = sql.count { $0 == "?" }
                let plan = try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments(Array(repeating: nil as Int?, count: count)))
                for row in plan {
                    let detail = row["detail"] as String
                    // Living tasks are few, and the partial index has only them.
                    let isScan = detail.hasPrefix("SCAN") && !detail.contains("tasks_alive")
                    #expect(!isScan && !detail.contains("TEMP B-TREE"), "\(detail): \(sql)")
                }
            }
        }
        try look.close()
    }

    private final class Plans {
        private(set) var all: Set<String> = []
        func add(_ sql: String) { if sql.hasPrefix("SELECT") { all.insert(sql) } }
    }
}
