import GRDB
import GRDBSQLite
import Messages

/// The `events` table: the hot path of every commit, so it speaks to SQLite without a value object per column.
enum EventTable {
    private static let insert = """
        INSERT INTO events (task_id, seq, attempt, attempt_seq, kind, flags, time, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Appends events.
    /// - Throws: `DatabaseError`, as when a seq is there already.
    static func append(_ events: [Event], _ db: Database) throws {
        guard !events.isEmpty else { return }
        let statement = try db.cachedStatement(sql: insert).sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for event in events { try append(event, statement) }
    }

    /// SQLite copies nothing here: what is bound stays in place until the step is done (sqlite3_bind_blob with a null
    /// destructor, SQLITE_STATIC).
    private static func append(_ event: Event, _ statement: OpaquePointer) throws {
        let id = (event.task.high.bigEndian, event.task.low.bigEndian)
        let code = withUnsafeBytes(of: id) { id in
            event.payload.withUnsafeBytes { payload in
                sqlite3_reset(statement)
                sqlite3_bind_blob(statement, 1, id.baseAddress, 16, nil)
                sqlite3_bind_int64(statement, 2, Int64(bitPattern: event.seq))
                sqlite3_bind_int64(statement, 3, Int64(event.attempt))
                sqlite3_bind_int64(statement, 4, Int64(bitPattern: event.attemptSeq))
                sqlite3_bind_int(statement, 5, Int32(event.kind.code))
                sqlite3_bind_int(statement, 6, Int32(event.flags.rawValue))
                sqlite3_bind_int64(statement, 7, event.time.milliseconds)
                if payload.isEmpty {
                    sqlite3_bind_zeroblob(statement, 8, 0)
                } else {
                    sqlite3_bind_blob(statement, 8, payload.baseAddress, Int32(payload.count), nil)
                }
                return sqlite3_step(statement)
            }
        }
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "an event could not be appended")
        }
    }

    /// Returns the payload of an event; nil when there is none.
    static func payload(_ task: TaskID, seq: UInt64, _ db: Database) throws -> [UInt8]? {
        let statement = try db.cachedStatement(sql: "SELECT payload FROM events WHERE task_id = ? AND seq = ?")
        return try Row.fetchOne(statement, arguments: [task.blob, Int64(bitPattern: seq)]).map { row in
            try row.withUnsafeData(atIndex: 0) { $0.map { [UInt8]($0) } ?? [] }
        }
    }

    /// Events of a task with a higher seq than `after`, in order: at most `limit`, and no more once there are `bytes`
    /// on the wire (one event may go over that).
    static func page(_ task: TaskID, after: UInt64, limit: Int, bytes: Int, _ db: Database) throws -> [Event] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT seq, attempt, attempt_seq, kind, flags, time, payload FROM events
                WHERE task_id = ? AND seq > ? ORDER BY seq LIMIT ?
                """)
        let after = Int64(clamping: after)
        let rows = try Row.fetchCursor(statement, arguments: [task.blob, after, limit])
        var events: [Event] = []
        var size = 0
        while size < bytes, let row = try rows.next() {
            let event = Event(
                task: task, attempt: UInt32(truncatingIfNeeded: row[1] as Int64),
                attemptSeq: UInt64(bitPattern: row[2]), seq: UInt64(bitPattern: row[0]),
                kind: EventKind(code: UInt8(truncatingIfNeeded: row[3] as Int64)),
                flags: EventFlags(rawValue: UInt16(truncatingIfNeeded: row[4] as Int64)),
                time: Timestamp(milliseconds: row[5]),
                payload: try row.withUnsafeData(atIndex: 6) { $0.map { [UInt8]($0) } ?? [] })
            if !events.isEmpty, size + event.encodedSize > bytes { break }
            size += event.encodedSize
            events.append(event)
        }
        return events
    }
}
