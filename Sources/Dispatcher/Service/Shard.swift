import Messages

/// What belongs to one partition: the owners in it share no conversation, no queue and no order with others.
struct Shard: Sendable {
    enum Phase: Sendable {
        /// Its tasks are being read.
        case loading
        case serving
        /// Another process is about to lead it: it takes nothing more in.
        case leaving
    }

    var phase = Phase.loading
    /// The epoch of its lease; in every message about its tasks.
    private(set) var epoch: UInt64
    /// Which task of each conversation may run.
    var lines = ConversationLines()
    /// Conversations that are being deleted.
    private var deleting: Set<ConversationID> = []
    /// How many deletions have ended. A read that began before this grew may be outdated.
    private(set) var deletions: UInt64 = 0
    /// The last ordinal that was assigned.
    private var lastOrdinal: Int64 = 0
    /// When the newest task was accepted, in ms, as in ``TaskRecord/rank``; it never goes back.
    private var lastAccepted: Int64 = 0
    private var queued: [UserID: Int] = [:]

    init(epoch: UInt64) { self.epoch = epoch }

    // MARK: New tasks

    /// Returns how many queued tasks an owner has.
    func queued(_ owner: UserID) -> Int { queued[owner, default: 0] }

    /// Gives the next task its place in the order of acceptance.
    /// - Returns: its ordinal, and the time of its acceptance, in ms: at least that of the task before, so that a wall
    ///   clock that is set back lets no task overtake.
    mutating func accept(at now: Timestamp) -> (ordinal: Int64, acceptedMs: Int64) {
        lastOrdinal += 1
        lastAccepted = max(lastAccepted, now.milliseconds)
        return (lastOrdinal, lastAccepted)
    }

    /// Counts a task that enters or leaves its queue.
    mutating func countQueued(_ owner: UserID, _ change: Int) {
        let count = queued(owner) + change
        queued[owner] = count > 0 ? count : nil
    }

    // MARK: Deletions

    /// Returns whether a conversation is being deleted.
    func isDeleting(_ conversation: ConversationID) -> Bool { deleting.contains(conversation) }

    mutating func beginDeletion(_ conversation: ConversationID) { deleting.insert(conversation) }

    mutating func endDeletion(_ conversation: ConversationID) {
        deleting.remove(conversation)
        deletions += 1
    }

    // MARK: Loading

    /// Forgets its tasks before they are loaded; the order of acceptance goes on.
    mutating func beginLoad(_ living: LivingPartition) {
        phase = .loading
        epoch = living.epoch
        lines = ConversationLines()
        queued = [:]
        lastOrdinal = max(lastOrdinal, living.lastOrdinal)
    }

    /// Continues the order of acceptance behind a task that was loaded.
    mutating func restoreOrder(_ record: TaskRecord, priority: Priority) {
        lastAccepted = max(lastAccepted, record.rank - Policy.delayMs(priority))
    }

    /// Adds a new or loaded task.
    mutating func add(_ record: TaskRecord) {
        lines.join(record.id, ordinal: record.ordinal, conversation: record.conversation, owner: record.owner)
        if record.state == .queued { countQueued(record.owner, 1) }
    }
}
