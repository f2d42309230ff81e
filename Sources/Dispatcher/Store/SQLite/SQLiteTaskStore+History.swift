import GRDB
import Messages

/// The earlier turns of a conversation.
extension SQLiteTaskStore {
    func assignment(_ record: TaskRecord) async throws(TaskStoreError) -> (follows: TaskID?, prompt: String) {
        try await read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM tasks WHERE \(Self.earlier) ORDER BY ordinal DESC LIMIT 1"),
                arguments: [record.conversation.blob, 0, record.ordinal])
            return (try row.map { try TaskID(row: $0, 0) }, try PromptTable.get(record.id, db))
        }
    }

    /// Selects the tasks of a conversation between two ordinals that have started.
    private static let earlier = """
        conversation = ? AND ordinal > ? AND ordinal < ?
        AND EXISTS (SELECT 1 FROM attempts WHERE task_id = tasks.id AND attempts.started_at IS NOT NULL)
        """

    func history(before record: TaskRecord, after: TaskID?) async throws(TaskStoreError) -> History {
        try await read { db in
            let known = try after.flatMap { task in
                try Int64.fetchOne(
                    db, sql: "SELECT ordinal FROM tasks WHERE id = ? AND conversation = ?",
                    arguments: [task.blob, record.conversation.blob])
            }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT id, state FROM tasks WHERE \(Self.earlier) ORDER BY ordinal DESC",
                arguments: [record.conversation.blob, known ?? 0, record.ordinal])
            var room = HistoryRoom()
            var leftOut = 0
            var walk = DispatcherLimits.walkedEvents.all
            while let row = try rows.next() {
                guard leftOut == 0, walk > 0 else {
                    leftOut += 1
                    continue
                }
                let task = try TaskID(row: row, 0)
                let (answer, isCut) = try Self.answer(to: task, bytes: room.left, &walk, db)
                let item = HistoryItem(
                    task: task, prompt: try PromptTable.get(task, db), answer: answer,
                    state: TaskState(rawValue: row[1]))
                if !room.add(item, isCut: isCut) { leftOut = 1 }
            }
            return History(items: room.items.reversed(), leftOut: leftOut)
        }
    }

    /// Returns the answer of the newest attempt that has one. It is read from its end: beyond about `bytes`, or
    /// ``DispatcherLimits/walkedEvents``, its beginning is cut off.
    private static func answer(
        to task: TaskID, bytes: Int, _ walk: inout Int, _ db: Database
    ) throws -> (String, isCut: Bool) {
        // Payloads of other kinds are not read.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT attempt, CASE WHEN kind = ? THEN payload END FROM events WHERE task_id = ?
                    ORDER BY seq DESC
                    """),
            arguments: [Int(EventKind.agentMessageChunk.code), task.blob])
        var pieces: [String] = []
        var attempt: Int64?
        var size = 0
        var room = min(walk, DispatcherLimits.walkedEvents.task)
        while let row = try rows.next() {
            guard room > 0 else { return (pieces.reversed().joined(), true) }
            room -= 1
            walk -= 1
            guard !row.hasNull(atIndex: 1) else { continue }
            guard attempt == nil || row[0] == attempt else { break }
            attempt = row[0]
            guard let text = try row.withUnsafeData(atIndex: 1, { $0.flatMap(Self.text) }) else { continue }
            pieces.append(text)
            size += text.utf8.count
            if size > bytes { return (pieces.reversed().joined(), true) }
        }
        return (pieces.reversed().joined(), false)
    }

    private static func text(_ chunk: some Collection<UInt8>) -> String? {
        (try? JSONValue(reading: chunk))?["content"]?["text"]?.string
    }
}
