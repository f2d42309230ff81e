import Messages

/// Where the dispatcher keeps tasks, conversations, events and permission requests: one implementation for each engine.
///
/// Operations take and return values: the dispatcher decides, the store only stores. A *fenced* operation fails with
/// `notLeader` once another process leads: the check and the change are one transaction. An operation that fails has
/// changed nothing; only after ``TaskStoreError/Kind/unreachable`` is its outcome unknown.
///
/// A read sees one committed state. Operations may overlap; commits are written in the order of the calls.
protocol TaskStore: Sendable {
    /// The epoch in which this process leads.
    var epoch: UInt64 { get }

    // MARK: The lead

    /// Checks that this process still leads.
    /// - Throws: `notLeader`.
    func checkLead() async throws(TaskStoreError)

    /// Shows standbys that this process runs, without waiting for a write under way: a long one must not look like a frozen
    /// process. Returns at once.
    func beat()

    /// Gives up the lead, so that a standby need not wait until the lease is stale. Later commits may still succeed until
    /// another process leads.
    func leave() async throws(TaskStoreError)

    /// Waits for writes under way and closes the store; later operations fail with `closed`. Idempotent.
    func close() async

    // MARK: Tasks that have not ended

    /// Writes a batch in one transaction and returns once it is durable. Fenced.
    /// - Throws: `notLeader`, `unreachable`, or why the store cannot write.
    nonisolated(nonsending) func commit(_ batch: CommitBatch) async throws(TaskStoreError)

    /// Reads the tasks of the given partitions that have not ended, in the order of acceptance. Fenced.
    func alive(_ partitions: [Partition]) async throws(TaskStoreError) -> [LivingPartition]

    /// Looks up what earlier submissions left that `submit` must be checked against.
    func prior(to submit: TaskSubmit, now: Timestamp) async throws(TaskStoreError) -> PriorSubmission

    /// Returns the newest earlier task of the record's conversation that has started, and the record's own prompt.
    func assignment(_ record: TaskRecord) async throws(TaskStoreError) -> (follows: TaskID?, prompt: String)

    /// Returns the turns of the record's conversation before it and after the task `after`, within the bounds of
    /// ``HistoryRoom``. Deleted turns are missing; when `after` was deleted, all remaining turns are returned.
    func history(before record: TaskRecord, after: TaskID?) async throws(TaskStoreError) -> History

    // MARK: What owners read

    /// Returns an owner's task with its whole prompt; nil when the owner has no such task.
    func task(_ id: TaskID, owner: UserID) async throws(TaskStoreError) -> (record: TaskRecord, prompt: String)?

    /// Returns a page of an owner's tasks, newest first: 1 to 200 of them.
    func list(_ list: TaskList) async throws(TaskStoreError) -> TaskPage

    /// Returns the events of a task with a seq above `after`, in order: at most `limit`, and at most `bytes` on the wire
    /// unless the first event alone is larger.
    func events(
        _ task: TaskID, after: UInt64, limit: Int, bytes: Int
    ) async throws(TaskStoreError) -> [Event]

    /// Returns an owner's permission request; nil when the owner has no such request.
    func approval(_ id: ApprovalID, owner: UserID) async throws(TaskStoreError) -> ApprovalRecord?

    /// Returns a page of an owner's permission requests, newest first: 1 to 200 of them, and inputs of at most
    /// ``DispatcherLimits/listedInput`` bytes.
    func approvals(_ list: ApprovalList) async throws(TaskStoreError) -> ApprovalListing

    /// Returns an owner's conversation; nil when the owner has no such conversation.
    func conversation(_ id: ConversationID, owner: UserID) async throws(TaskStoreError) -> ConversationView?

    /// Returns a page of an owner's conversations, the one with the newest task first. A query matches titles and
    /// prompts as a part of the text; only the letters A to Z match in either case.
    /// - Throws: `invalidCursor`.
    func conversations(_ list: ConversationList) async throws(TaskStoreError) -> ConversationListing

    /// Returns an owner's defaults for the choices of tasks.
    func defaults(of owner: UserID) async throws(TaskStoreError) -> Choices

    /// Returns how many bytes of events the tasks of each owner have that are not deleted, as their records count them.
    func logUsage() async throws(TaskStoreError) -> [UserID: Int64]

    // MARK: What owners change

    /// Sets or clears the title of a conversation. Fenced.
    /// - Returns: nil when the owner has no such conversation.
    func rename(_ message: ConversationRename) async throws(TaskStoreError) -> ConversationView?

    /// Deletes a conversation once all its tasks have ended. It is gone at once, with the first
    /// ``DispatcherLimits/prunedTasks`` tasks; the others go with ``sweepConversations(limit:)``, and their events, permission
    /// requests and prompts with ``sweepDeletions(rows:bytes:)``. Fenced.
    func delete(_ message: ConversationDelete) async throws(TaskStoreError) -> ConversationDeletion

    /// Changes an owner's defaults and returns them. Fenced.
    func setDefaults(_ message: DefaultsSet) async throws(TaskStoreError) -> Choices

    // MARK: Retention

    /// Deletes tasks that ended before `time`, the oldest first and at most `limit`, and conversations that are then
    /// empty and have no title. Fenced.
    /// - Returns: the tasks.
    func prune(endedBefore time: Timestamp, limit: Int) async throws(TaskStoreError) -> [TaskID]

    /// Removes events, permission requests and prompts of deleted tasks: at most `rows`, and few more than `bytes`.
    /// Fenced.
    /// - Returns: whether more is left.
    func sweepDeletions(rows: Int, bytes: Int) async throws(TaskStoreError) -> Bool

    /// Deletes tasks of deleted conversations, at most `limit`. Fenced.
    /// - Returns: the tasks, and whether there may be more.
    func sweepConversations(limit: Int) async throws(TaskStoreError) -> (tasks: [TaskID], isLeft: Bool)

    /// Forgets idempotency keys from before `time`, at most `rows`. Fenced.
    /// - Returns: whether there may be more.
    func sweepKeys(before time: Timestamp, rows: Int) async throws(TaskStoreError) -> Bool
}

/// What became of a conversation that was to be deleted.
enum ConversationDeletion: Sendable, Equatable {
    /// It is deleted, and these of its tasks are gone.
    case deleted([TaskID])
    /// Nothing was changed: this task has not ended.
    case alive(TaskID)
    /// The owner has no such conversation.
    case notFound
}
