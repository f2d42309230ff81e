import Messages

/// What one task has to commit, and what follows its commit. A part is written whole: its record counts its events.
struct CommitPart {
    let task: TaskID
    /// Whether the record is committed as it is when the batch is cut.
    var isChanged = false
    /// Set for a new task.
    var creation: CommitBatch.Creation?
    /// Events with their seq, in order.
    var events: [Event] = []
    /// What they take on the wire.
    var bytes = 0
    var approvals: [ApprovalID: ApprovalRecord] = [:]
    /// Messages that follow the commit.
    var effects: [Effect] = []
    /// How far each attempt's events are acknowledged after the commit.
    var acks: [AttemptID: (worker: WorkerID, seq: UInt64)] = [:]
    /// Callers that wait for the commit.
    var waiters: [CheckedContinuation<Void, any Error>] = []
    /// The task as it is when the batch is cut; nil = it is not in memory, or has not changed.
    var machine: TaskMachine?

    init(_ task: TaskID) { self.task = task }

    mutating func append(_ event: Event) {
        events.append(event)
        bytes += event.encodedSize
    }
}
