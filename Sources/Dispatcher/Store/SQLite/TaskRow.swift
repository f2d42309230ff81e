import GRDB
import Messages

/// The `tasks` table's rows, which are ``TaskRecord``s.
enum TaskRow {
    /// In the order of ``decode(_:)``.
    static let columns = """
        ordinal, id, owner, target, device, conversation, agent, excerpt, cwd, trace, created_at, device_name, state, \
        reason, queue_position, error_code, error_message, attempt, attempt_seq, last_seq, assigned_at, started_at, \
        ended_at, cancel_requested_at, stalled_at, choices, retry_of, rank, queued_at, requeues, overdue, half_told, \
        placement_reason, terminal, split_output, waiting, resumes, open_work, messages, rejections, log_bytes
        """

    private static let insert = """
        INSERT INTO tasks (partition, ordinal, id, owner, target, conversation, agent, excerpt, cwd, trace, \
        created_at, choices, retry_of, rank, split_output, device, placement_reason, device_name, state, reason, queue_position, error_code, error_message, attempt, \
        attempt_seq, last_seq, assigned_at, started_at, ended_at, cancel_requested_at, stalled_at, queued_at, requeues, \
        overdue, half_told, waiting, resumes, open_work, messages, terminal, rejections, log_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    private static let update = """
        UPDATE tasks SET device = ?, placement_reason = ?, device_name = ?, state = ?, reason = ?, queue_position = ?, error_code = ?, error_message = ?, \
        attempt = ?, attempt_seq = ?, last_seq = ?, assigned_at = ?, started_at = ?, ended_at = ?, \
        cancel_requested_at = ?, stalled_at = ?, queued_at = ?, requeues = ?, overdue = ?, half_told = ?, \
        waiting = ?, resumes = ?, open_work = ?, messages = ?, terminal = ?, rejections = ?, log_bytes = ? WHERE id = ?
        """

    /// Writes a new task.
    static func insert(_ record: TaskRecord, _ db: Database) throws {
        let fixed: [(any DatabaseValueConvertible)?] = [
            record.partition.number, record.ordinal, record.id.blob, record.owner.blob, record.target.description,
            record.conversation.blob, record.agent, record.excerpt, record.cwd, record.trace,
            record.createdAt.milliseconds, try ChoicesColumn.encode(record.choices), record.retryOf?.blob, record.rank,
            record.splitOutput,
        ]
        try db.cachedStatement(sql: insert).execute(arguments: StatementArguments(fixed + (try changing(record))))
    }

    /// Writes what may have changed of a task.
    static func update(_ record: TaskRecord, _ db: Database) throws {
        try db.cachedStatement(sql: update).execute(
            arguments: StatementArguments(try changing(record) + [record.id.blob]))
    }

    private static func changing(_ record: TaskRecord) throws -> [(any DatabaseValueConvertible)?] {
        [
            record.device, record.placement.reason.rawValue, record.deviceName, record.state.rawValue,
            record.reason?.rawValue, record.queuePosition,
            record.error?.code.rawValue, record.error?.message, Int64(record.attempt),
            Int64(bitPattern: record.attemptSeq), Int64(bitPattern: record.lastSeq), record.assignedAt?.milliseconds,
            record.startedAt?.milliseconds, record.endedAt?.milliseconds, record.cancelRequestedAt?.milliseconds,
            record.stalledAt?.milliseconds, record.queuedAt.milliseconds, record.requeues,
            record.overdue?.rawValue, record.isHalfTimeWarned, try JSONColumn.encode(record.waiting), record.resumes,
            try record.open.isEmpty ? nil : JSONColumn.encode(record.open),
            try record.messages.isEmpty ? nil : JSONColumn.encode(record.messages),
            try JSONColumn.encode(record.terminal), record.rejections,
            record.logBytes,
        ]
    }

    /// Reads a row of ``columns``.
    /// - Throws: ``TaskStoreError`` `corrupt` when an id is not 16 bytes.
    static func decode(_ row: Row) throws -> TaskRecord {
        func time(_ index: Int) -> Timestamp? { (row[index] as Int64?).map(Timestamp.init(milliseconds:)) }
        let owner = try UserID(row: row, 2)
        let placement = TaskPlacement(
            queue: QueueID(owner: owner, device: row[4]), reason: TaskPlacement.Reason(rawValue: row[32]))
        var record = TaskRecord(
            ordinal: row[0], id: try TaskID(row: row, 1), owner: owner, target: Target(row[3] as String),
            placement: placement, conversation: try ConversationID(row: row, 5),
            agent: row[6], excerpt: row[7], cwd: row[8], terminal: try JSONColumn.decode(row[33]), splitOutput: row[34],
            trace: row[9],
            createdAt: Timestamp(milliseconds: row[10]), choices: try ChoicesColumn.decode(row[25]),
            retryOf: row.hasNull(atIndex: 26) ? nil : try TaskID(row: row, 26), rank: row[27],
            queuedAt: Timestamp(milliseconds: row[28]))
        record.deviceName = row[11]
        record.state = TaskState(rawValue: row[12])
        record.reason = (row[13] as String?).map(WaitReason.init(rawValue:))
        record.queuePosition = row[14]
        if let code = row[15] as String? { record.error = Fault(ErrorCode(rawValue: code), row[16] ?? "") }
        record.attempt = UInt32(truncatingIfNeeded: row[17] as Int64)
        record.attemptSeq = UInt64(bitPattern: row[18])
        record.lastSeq = UInt64(bitPattern: row[19])
        record.assignedAt = time(20)
        record.startedAt = time(21)
        record.endedAt = time(22)
        record.cancelRequestedAt = time(23)
        record.stalledAt = time(24)
        record.requeues = row[29]
        record.overdue = (row[30] as String?).map(ErrorCode.init(rawValue:))
        record.isHalfTimeWarned = row[31]
        record.waiting = try JSONColumn.decode(row[35])
        record.resumes = row[36]
        record.open = try JSONColumn.decode(row[37]) ?? OpenWork()
        record.messages = try JSONColumn.decode(row[38]) ?? []
        record.rejections = row[39]
        record.logBytes = row[40]
        record.waitingFor = record.restingWait
        return record
    }
}
