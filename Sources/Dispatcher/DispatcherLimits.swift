import Messages

/// The dispatcher's own limits, each with its reason.
enum DispatcherLimits {
    /// Between two repeats of an unanswered assign or stop, and of a resync (ARCHITECTURE section 4), in ms.
    static let repeatMs: Int64 = 2000
    /// After how long without an event the output that a device reports and we do not have is asked for, in ms: longer
    /// than a full window takes on a slow line.
    static let behindMs: Int64 = 10_000
    /// What a cancellation waits for the executor's word on top of the stop's own grace between the polite signal and
    /// the kill, in ms (ARCHITECTURE section 4): for the process to be reaped and the word to come back.
    static let cancelExtraMs: Int64 = 5000
    /// The least that a device has to come back after the dispatcher's own start, in ms, whatever is left of its grace:
    /// it may have come back while nobody was there to be told. Gateways find a new leader within some seconds.
    static let reviveMs: Int64 = 10_000
    /// How long a new session may take to send its first report before it is given work all the same, in ms.
    static let reportMs: Int64 = 2000
    /// How much longer a task must have waited to stay before one of the next higher priority, in ms: the bound on
    /// how long anybody is overtaken.
    static let priorityMs: Int64 = 600_000
    /// How often a task is put back into its queue because its device was lost: a machine that each of its tasks
    /// brings down must not do so for ever.
    static let requeues = 5
    /// How many places of a queue are told of each move: writing all would be n² events. Those behind are told when
    /// they have moved by a tenth, and `task.get` always knows.
    static let toldPositions = 20
    /// A place behind those is told again when this part of it is gone.
    static let toldPart = 10
    /// The least time between two tellings in one queue, in ms: a queue that moves a thousand times a second is not
    /// worth twenty thousand events.
    static let positionsMs: Int64 = 200
    /// The same for those behind ``toldPositions``, of whom there may be a thousand.
    static let farPositionsMs: Int64 = 1000
    /// Without news a viewer gets an empty batch after this, in ms, so that a silent loss is noticed.
    static let keepaliveMs: Int64 = 1000
    /// What is kept of a watched task's newest events for its viewers, in bytes; a slower viewer reads the log.
    static let tailBytes = 1 << 20
    /// The same as a number of events.
    static let tailEvents = 4096
    /// The most bytes of a page of the log (as `events.page` says).
    static let pageBytes = 4 << 20
    /// The most events of a page.
    static let pageEvents = 10_000
    /// How many events a viewer that reads the log gets in one go; with ``EventBatch/preferredSize``.
    static let readEvents = 2048
    /// The longest prompt in bytes that stays in memory while its task lives; a longer one is read when it is needed.
    static let cachedPrompt = 4096
    /// The characters of a prompt in a list.
    static let excerpt = 200
    /// The longest idempotency key, in characters.
    static let idempotencyKey = 200
    /// How long a key holds, in ms.
    static let idempotencyMs: Int64 = 24 * 3_600_000
    /// Between two sweeps of expired keys, in ms.
    static let sweepMs: Int64 = 3_600_000
    /// How long a submission is remembered in memory, in ms: longer than a look into the store can take, so that two
    /// copies that arrive together are seen to be one.
    static let recentMs: Int64 = 20_000
    /// Pause after a failed commit before the next try, in ms: a full disk must not be asked in a busy loop.
    static let storagePauseMs: Int64 = 500
    /// The longest such pause, when every recovery has ended in another failure.
    static let longestRecoveryMs: Int64 = 8000
    /// Viewers of one owner: as many as may have a task in the queue, so that nobody takes the places of others.
    static let viewersPerOwner = Limits.queuePerUser
    /// Between two looks of a standby at the lock and the lease, in ms: a dead leader is followed within 5 s.
    static let standbyMs: Int64 = 200
    /// How long the lease of a leader that has left must not change before it is taken without the lock, in ms: who
    /// has the lock and is just starting goes first.
    static let releasedMs: Int64 = 2000
    /// A leader renews its lease so many times in the time after which a standby takes it.
    static let renewals: Int64 = 5
    /// Between two tries of a standby that could not lead although it may, in ms.
    static let retryMs: Int64 = 2000
    /// How many permission requests of an attempt that are over are remembered, so that one that is said again gets the
    /// same answer; one that is forgotten counts as a new one.
    static let closedApprovals = 1024
    /// The most bytes of inputs in a page of permission requests: it must fit a message however they are escaped.
    static let listedInput = 1 << 20
    /// How many of an owner's newest conversations and newest tasks a search looks at.
    static let searched = 10_000
    /// How much of each prompt a search looks at, in characters.
    static let searchedPrompt = 4096
    /// After how long a search ends with what it has found, in ms: a reader of the store is not there for others
    /// meanwhile.
    static let searchMs: Int64 = 500
    /// How many searches may wait for the one that goes on: as many as end before a gateway's patience does.
    static let waitingSearches = 8
    /// How many events of one task, and in all, are looked at for a history, from the newest on; what lies beyond is
    /// left out.
    static let walkedEvents = (task: 20_000, all: 100_000)
    /// The most turns in a history, however short they are: each takes room in the message besides its text.
    static let historyItems = 1000
    /// How many old tasks are deleted in one transaction: some ms, which a commit may have to wait.
    static let prunedTasks = 200
    /// How many events of deleted tasks are deleted in one, for the same reason.
    static let sweptRows = 2000
    /// After how many bytes of such events it is enough, too: a large one is many pages.
    static let sweptBytes = 16 << 20
    /// Between two such transactions, in ms.
    static let sweepPauseMs: Int64 = 20
    /// After a start, before it is looked for what is to be deleted, in ms: devices come first.
    static let firstSweepMs: Int64 = 1000
    /// How many attempts that a device should not have are taken of one report: more than it can have slots, and room for
    /// those that have ended and were not acknowledged.
    static let unwantedAttempts = 4096
    /// How long a stop waits for answers that are on their way, in ms: what was written is told, what reads for long is
    /// asked for again elsewhere.
    static let answersMs: Int64 = 500
    /// How many stops of attempts that are of no interest are remembered, so that a flood is answered once in 2 s.
    static let strayStops = 4096
}
