import GRDB
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The `approvals` table.
enum ApprovalTable {
    /// In the order of ``decode(_:)``.
    private static let columns = """
        id, task_id, owner, attempt, request, device, device_name, conversation, tool, title, input, rule, state, scope, \
        message, requested_at, expires_at, resolved_at, resolved_by, answer, delivered, input_cut, options, questions, \
        option, answers, updated_input
        """

    /// The same for a closed request in memory, without what is large.
    private static let closedColumns = columns.replacing(" input,", with: " NULL,").replacing(
        "options, questions, option, answers, updated_input",
        with: "NULL, NULL, NULL, NULL, CASE WHEN updated_input IS NULL THEN NULL ELSE 'null' END")

    /// Replaces a request of the same attempt and name that memory has forgotten: no commit may fail for it.
    private static let upsert = """
        INSERT OR REPLACE INTO approvals (\(columns), partition)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, scope = excluded.scope, message = excluded.message,
        resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by, answer = excluded.answer,
        delivered = excluded.delivered, option = excluded.option, answers = excluded.answers,
        updated_input = excluded.updated_input
        """

    /// Writes a request that is new or has changed.
    static func put(_ approval: ApprovalRecord, _ db: Database) throws {
        let values: [(any DatabaseValueConvertible)?] = [
            approval.id.blob, approval.attempt.task.blob, approval.owner.blob, Int64(approval.attempt.attempt),
            approval.request, approval.device, approval.deviceName, approval.conversation.blob, approval.tool,
            approval.title, text(approval.input), approval.rule,
            approval.state.rawValue, approval.scope?.rawValue, approval.message, approval.requestedAt.milliseconds,
            approval.expiresAt.milliseconds, approval.resolvedAt?.milliseconds, approval.resolvedBy,
            approval.answer?.blob, approval.isDelivered, approval.isInputCut, try JSONColumn.encode(approval.options),
            try JSONColumn.encode(approval.questions), approval.option, try JSONColumn.encode(approval.answers),
            approval.updatedInput.map(text), Partition(owner: approval.owner).number,
        ]
        try db.cachedStatement(sql: upsert).execute(arguments: StatementArguments(values))
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.bytes, as: UTF8.self) }

    /// Returns the permission requests of attempts, oldest first: the open ones, and of each attempt as many closed ones
    /// as an ``ApprovalBook`` keeps, without their input.
    static func newest(of attempts: [AttemptID], _ db: Database) throws -> [ApprovalRecord] {
        let open = try db.cachedStatement(
            sql: "SELECT \(columns) FROM approvals WHERE task_id = ? AND attempt = ? AND delivered = 0")
        let closed = try db.cachedStatement(
            sql: """
                SELECT \(closedColumns) FROM approvals
                WHERE task_id = ? AND attempt = ? AND delivered = 1
                ORDER BY id DESC LIMIT \(DispatcherLimits.closedApprovals)
                """)
        var approvals: [ApprovalRecord] = []
        for attempt in attempts {
            for statement in [open, closed] {
                let rows = try Row.fetchCursor(
                    statement, arguments: [attempt.task.blob, Int64(attempt.attempt)])
                while let row = try rows.next() { approvals.append(try decode(row)) }
            }
        }
        return approvals.sorted { $0.id < $1.id }
    }

    /// The rows of deleted tasks are swept later and are hidden until then.
    private static let isThere = "NOT EXISTS (SELECT 1 FROM deletions WHERE deletions.task_id = approvals.task_id)"

    /// Returns an owner's request; nil when the owner has no such request.
    static func one(_ id: ApprovalID, owner: UserID, _ db: Database) throws -> ApprovalRecord? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM approvals WHERE id = ? AND owner = ? AND \(isThere)",
            arguments: [id.blob, owner.blob]
        ).map(decode)
    }

    /// Returns a page of an owner's requests, newest first.
    static func page(_ list: ApprovalList, _ db: Database) throws -> ApprovalListing {
        var filter = "owner = ? AND \(isThere)"
        var values: [(any DatabaseValueConvertible)?] = [list.owner.blob]
        if !list.states.isEmpty {
            filter += " AND state IN (\(list.states.map { _ in "?" }.joined(separator: ", ")))"
            values += list.states.map(\.rawValue)
        }
        if let task = list.task {
            filter += " AND task_id = ?"
            values.append(task.blob)
        }
        let total =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM approvals WHERE \(filter)", arguments: StatementArguments(values)) ?? 0
        if let before = list.before {
            filter += " AND id < ?"
            values.append(before.blob)
        }
        let limit = min(max(list.limit, 1), 200)
        let rows = try Row.fetchCursor(
            db, sql: "SELECT \(columns) FROM approvals WHERE \(filter) ORDER BY id DESC LIMIT \(limit + 1)",
            arguments: StatementArguments(values))
        return try fill(rows, limit, total)
    }

    /// Takes as many rows as fit a message: each input, the questions and an edited input may have 64 KiB.
    private static func fill(_ rows: RowCursor, _ limit: Int, _ total: Int) throws -> ApprovalListing {
        var listing = ApprovalListing(total: total)
        var bytes = 0
        while let row = try rows.next() {
            let size = try [10, 22, 23, 25, 26].reduce(0) { sum, index in
                try sum + row.withUnsafeData(atIndex: index) { $0?.count ?? 0 }
            }
            guard listing.approvals.count < limit, bytes + size <= DispatcherLimits.listedInput else {
                listing.next = listing.approvals.last?.id
                break
            }
            bytes += size
            listing.approvals.append(try decode(row).view)
        }
        return listing
    }

    private static func decode(_ row: Row) throws -> ApprovalRecord {
        func time(_ index: Int) -> Timestamp? { (row[index] as Int64?).map(Timestamp.init(milliseconds:)) }
        let input = row[10] as String? ?? ""
        var approval = ApprovalRecord(
            id: try ApprovalID(row: row, 0), owner: try UserID(row: row, 2),
            attempt: AttemptID(task: try TaskID(row: row, 1), attempt: UInt32(truncatingIfNeeded: row[3] as Int64)),
            request: row[4], conversation: try ConversationID(row: row, 7), device: row[5], deviceName: row[6],
            tool: row[8], title: row[9],
            input: (try? JSONValue(reading: input.utf8)) ?? .null, isInputCut: row[21], rule: row[11],
            options: try JSONColumn.decode(row[22]), questions: try JSONColumn.decode(row[23]),
            requestedAt: time(15) ?? Timestamp(milliseconds: 0), expiresAt: time(16) ?? Timestamp(milliseconds: 0))
        approval.state = ApprovalState(rawValue: row[12])
        approval.scope = (row[13] as String?).map(ApprovalScope.init(rawValue:))
        approval.message = row[14]
        approval.resolvedAt = time(17)
        approval.resolvedBy = row[18]
        approval.answer = row.hasNull(atIndex: 19) ? nil : try AnswerID(row: row, 19)
        approval.isDelivered = row[20]
        approval.option = row[24]
        approval.answers = try JSONColumn.decode(row[25])
        approval.updatedInput = (row[26] as String?).map { (try? JSONValue(reading: $0.utf8)) ?? .null }
        return approval
    }
}
