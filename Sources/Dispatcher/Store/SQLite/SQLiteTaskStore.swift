import GRDB
import Messages
import Storage

/// The store in one SQLite file, `dispatcher.db`, that processes on one machine share: one of them leads all partitions.
/// Owns the file and the lock on its directory.
struct SQLiteTaskStore: TaskStore {
    let file: Store
    let lock: LeaderLock
    let epoch: UInt64
    /// Shows standbys that this process runs; nil = it has none, as in tests.
    private let sign: LifeSign?

    /// Returns where the file is in a data directory.
    static func path(in directory: String) -> String { "\(directory)/dispatcher.db" }

    /// Opens the file in `directory` and takes the lease of every partition, in a new epoch.
    /// - Parameters:
    ///   - isLocked: Whether this process holds the lock on the directory.
    ///   - expected: The lease that may be taken; nil = whichever is there.
    ///   - sign: Shows the steps of a migration; nil = they are not shown.
    /// - Throws: ``TaskStoreError``: `notLeader` when the lease is not the expected one, or what is wrong with the file.
    init(
        directory: String, holder: Incarnation, isLocked: Bool, from expected: LeaseSighting? = nil,
        sign: LifeSign? = nil, now: Timestamp
    ) async throws(TaskStoreError) {
        do {
            let file = try await Store(path: Self.path(in: directory), migrations: Schema.migrations) { step in
                sign?.show("migration, step \(step)")
            }
            self.file = file
            do {
                epoch = try await file.write { db in
                    try LeaseTable.take(holder: holder, isLocked: isLocked, from: expected, now: now, db)
                }
            } catch {
                await file.close()
                throw error
            }
        } catch { throw TaskStoreError(error) }
        lock = LeaderLock(isHeld: isLocked)
        self.sign = sign
        sign?.serve()
    }

    func beat() { sign?.beat() }

    nonisolated(nonsending) func commit(_ batch: CommitBatch) async throws(TaskStoreError) {
        try await writeAsLeader { [epoch, lock] db in
            if batch.renews { try LeaseTable.renew(epoch: epoch, isLocked: lock.isHeld, db) }
            for record in batch.records {
                try UsageTable.count(record, db)
                if let creation = batch.creations[record.id] {
                    try Self.create(record, creation, db)
                } else {
                    try TaskRow.update(record, db)
                }
                if record.attempt > 0, record.assignedAt != nil { try AttemptTable.put(record, epoch: epoch, db) }
            }
            for approval in batch.approvals { try ApprovalTable.put(approval, db) }
            try EventTable.append(batch.events, db)
        }
    }

    private static func create(_ record: TaskRecord, _ creation: CommitBatch.Creation, _ db: Database) throws {
        try TaskRow.insert(record, db)
        try PromptTable.put(creation.prompt, of: record.id, db)
        try ConversationTable.put(record, db)
        guard let key = creation.key else { return }
        try IdempotencyTable.put(key, digest: creation.digest, of: record, db)
    }

    func alive(_ partitions: [Partition]) async throws(TaskStoreError) -> [LivingPartition] {
        try await read { [epoch] db in
            try LeaseTable.check(epoch: epoch, db)
            return try partitions.map { try Self.alive($0, epoch: epoch, db) }
        }
    }

    private static func alive(_ partition: Partition, epoch: UInt64, _ db: Database) throws -> LivingPartition {
        let records = try TaskRow.alive(partition, db)
        let attempts = records.filter { $0.attempt > 0 }.map(\.attemptID)
        var approvals: [TaskID: ApprovalBook] = [:]
        for approval in try ApprovalTable.newest(of: attempts, db) {
            approvals[approval.attempt.task, default: ApprovalBook()].put(approval)
        }
        return LivingPartition(
            partition: partition, epoch: epoch, lastOrdinal: try TaskRow.lastOrdinal(in: partition, db),
            records: records, approvals: approvals, plans: try plans(of: records, db))
    }

    private static func plans(of records: [TaskRecord], _ db: Database) throws -> [TaskID: [UInt8]] {
        var plans: [TaskID: [UInt8]] = [:]
        for record in records {
            guard let seq = record.open.plan else { continue }
            plans[record.id] = try EventTable.payload(record.id, seq: seq, db)
        }
        return plans
    }

    func prior(to submit: TaskSubmit, now: Timestamp) async throws(TaskStoreError) -> PriorSubmission {
        try await read { db in
            PriorSubmission(
                taskOwner: try TaskRow.owner(of: submit.task, db),
                keyed: try submit.idempotencyKey.flatMap {
                    try IdempotencyTable.task(of: IdempotencyKey(owner: submit.owner, text: $0), now: now, db)
                },
                conversationOwner: try submit.conversation.flatMap { try ConversationTable.owner(of: $0, db) },
                isDeleting: try submit.conversation.map { try ConversationTable.isBeingDeleted($0, db) } ?? false,
                defaults: try DefaultsTable.get(submit.owner, db))
        }
    }

    func task(_ id: TaskID, owner: UserID) async throws(TaskStoreError) -> (record: TaskRecord, prompt: String)? {
        try await read { db in
            guard let record = try TaskRow.one(id, owner: owner, db) else { return nil }
            return (record, try PromptTable.get(id, db))
        }
    }

    func list(_ list: TaskList) async throws(TaskStoreError) -> TaskPage {
        try await read { try TaskRow.page(list, $0) }
    }

    func events(
        _ task: TaskID, after: UInt64, limit: Int, bytes: Int
    ) async throws(TaskStoreError) -> [Event] {
        try await read { try EventTable.page(task, after: after, limit: limit, bytes: bytes, $0) }
    }

    func approval(_ id: ApprovalID, owner: UserID) async throws(TaskStoreError) -> ApprovalRecord? {
        try await read { try ApprovalTable.one(id, owner: owner, $0) }
    }

    func approvals(_ list: ApprovalList) async throws(TaskStoreError) -> ApprovalListing {
        try await read { try ApprovalTable.page(list, $0) }
    }

    func logUsage() async throws(TaskStoreError) -> [UserID: Int64] {
        try await read { try UsageTable.all($0) }
    }

    func defaults(of owner: UserID) async throws(TaskStoreError) -> Choices {
        try await read { try DefaultsTable.get(owner, $0) }
    }

    func setDefaults(_ message: DefaultsSet) async throws(TaskStoreError) -> Choices {
        try await writeAsLeader { db in
            let known = try DefaultsTable.get(message.owner, db)
            let choices = message.set.filled(from: known.without(message.clear))
            try DefaultsTable.put(choices, owner: message.owner, db)
            return choices
        }
    }
}
