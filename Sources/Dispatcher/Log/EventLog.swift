import GRDB
import Messages
import Storage

/// `dispatcher.db`: tasks, attempts, conversations and events. Owns the store; knows no decisions.
struct EventLog: Sendable {
    let store: Store
    /// The epoch in which this process leads, checked inside every transaction.
    let epoch: UInt64

    /// The file in a data directory.
    static func path(in directory: String) -> String { "\(directory)/dispatcher.db" }

    /// Opens the file in `directory` and takes the lease of every partition, in a new epoch.
    /// - Parameters:
    ///   - isLocked: Whether this process holds the lock on the directory.
    ///   - expected: The lease that this process has seen and may take; nil = whichever is there.
    /// - Throws: ``StoreError`` that says what is wrong with the file; ``Fault`` `not_leader` when the lease is another
    ///   one by now.
    init(
        directory: String, holder: Incarnation, isLocked: Bool, from expected: LeaseSighting? = nil, now: Timestamp
    ) async throws {
        let store = try await Store(path: Self.path(in: directory), migrations: Schema.migrations)
        self.store = store
        do {
            epoch = try await store.write { db in
                try LeaseTable.take(holder: holder, isLocked: isLocked, from: expected, now: now, db)
            }
        } catch {
            await store.close()
            throw error
        }
    }

    /// Writes a batch in one transaction and returns when it is on disk.
    /// - Throws: ``Fault`` `not_leader` when another process leads now; else what the store says. Then nothing of the
    ///   batch is there.
    nonisolated(nonsending) func commit(_ batch: CommitBatch) async throws {
        let epoch = epoch
        try await store.write { db in
            try LeaseTable.check(epoch: epoch, db)
            if let isLocked = batch.renewal { try LeaseTable.renew(epoch: epoch, isLocked: isLocked, db) }
            for record in batch.records {
                if let creation = batch.creations[record.id] {
                    try create(record, creation, db)
                } else {
                    try TaskRow.update(record, db)
                }
                if record.attempt > 0, record.assignedAt != nil { try AttemptTable.put(record, epoch: epoch, db) }
            }
            for approval in batch.approvals { try ApprovalTable.put(approval, db) }
            try EventTable.append(batch.events, db)
        }
    }

    /// - Throws: ``Fault`` `not_leader` when another process leads now; else what the store says.
    func check() async throws {
        let epoch = epoch
        try await store.read { db in try LeaseTable.check(epoch: epoch, db) }
    }

    /// Gives the lease up: a standby need not wait for it to stand still.
    func release() async throws {
        let epoch = epoch
        try await store.write { db in try LeaseTable.release(epoch: epoch, db) }
    }

    private func create(_ record: TaskRecord, _ creation: CommitBatch.Creation, _ db: Database) throws {
        try TaskRow.insert(record, db)
        let now = record.createdAt.milliseconds
        try db.cachedStatement(sql: "INSERT INTO prompts (ordinal, prompt) VALUES (?, ?)")
            .execute(arguments: [record.ordinal, creation.prompt])
        try ConversationTable.put(record, db)
        guard let key = creation.key else { return }
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO idempotency (owner, key, digest, task_id, created_at) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [key.owner.blob, key.text, creation.digest, record.id.blob, now])
    }

    /// Every task that has not ended, in the order of acceptance, the last ordinal that was ever given, and the
    /// permission requests of those tasks' newest attempts.
    /// - Throws: ``Fault`` `not_leader` when another process leads now; else what the store says.
    func alive() async throws -> (records: [TaskRecord], lastOrdinal: Int64, approvals: [TaskID: ApprovalBook]) {
        let epoch = epoch
        return try await store.read { db in
            try LeaseTable.check(epoch: epoch, db)
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT \(TaskRow.columns) FROM tasks WHERE state IN ('queued', 'assigned', 'running') ORDER BY ordinal
                    """)
            var records: [TaskRecord] = []
            while let row = try rows.next() { records.append(try TaskRow.decode(row)) }
            var approvals: [TaskID: ApprovalBook] = [:]
            for approval in try ApprovalTable.alive(db) {
                approvals[approval.attempt.task, default: ApprovalBook()].put(approval)
            }
            // A prompt is there for as long as anything is left of a deleted task: its ordinal is not given again.
            let last = try Int64.fetchOne(
                db,
                sql:
                    "SELECT max(coalesce((SELECT max(ordinal) FROM tasks), 0), coalesce((SELECT max(ordinal) FROM prompts), 0))"
            )
            return (records, last ?? 0, approvals)
        }
    }

    /// What an earlier submission has left behind.
    func prior(to submit: TaskSubmit, now: Timestamp) async throws -> PriorSubmission {
        try await store.read { db in try PriorSubmission(submit, now: now, db) }
    }

    /// An owner's task with its whole prompt; nil when there is none.
    func task(_ id: TaskID, owner: UserID) async throws -> (record: TaskRecord, prompt: String)? {
        try await store.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT \(TaskRow.columns) FROM tasks WHERE id = ? AND owner = ?",
                arguments: [id.blob, owner.blob])
            guard let record = try row.map(TaskRow.decode) else { return nil }
            return (record, try Self.prompt(record.ordinal, db))
        }
    }

    /// The prompt of a task.
    func prompt(of ordinal: Int64) async throws -> String { try await store.read { try Self.prompt(ordinal, $0) } }

    static func prompt(_ ordinal: Int64, _ db: Database) throws -> String {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT prompt FROM prompts WHERE ordinal = ?"), arguments: [ordinal]) ?? ""
    }

    /// A page of an owner's tasks.
    func list(_ list: TaskList) async throws -> TaskPage { try await store.read { try TaskPage(list, $0) } }

    /// An owner's permission request; nil when there is none.
    func approval(_ id: ApprovalID, owner: UserID) async throws -> Approval? {
        try await store.read { try ApprovalTable.one(id, owner: owner, $0) }
    }

    /// A page of an owner's permission requests.
    func approvals(_ list: ApprovalList) async throws -> ApprovalListing {
        try await store.read { try ApprovalTable.page(list, $0) }
    }

    /// A page of a task's events, as ``EventTable/page(_:after:limit:bytes:_:)``.
    func events(_ task: TaskID, after: UInt64, limit: Int, bytes: Int) async throws -> [Event] {
        try await store.read { try EventTable.page(task, after: after, limit: limit, bytes: bytes, $0) }
    }

    /// Forgets idempotency keys from before `time`.
    func sweep(before time: Timestamp) async throws {
        try await store.write { db in
            try db.execute(sql: "DELETE FROM idempotency WHERE created_at < ?", arguments: [time.milliseconds])
        }
    }

    /// Waits for what is being written and closes the file.
    func close() async { await store.close() }
}
