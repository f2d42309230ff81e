import Messages

/// The dispatcher's limits, each with its reason.
enum DispatcherLimits {
    // MARK: Executors

    /// Between two sends of an unanswered assignment or stop, and of a resync, in ms.
    static let repeatMs: Int64 = 2000
    /// After how long without an event the output that a report lists is requested again, in ms: longer than a full window
    /// takes on a slow line.
    static let lagMs: Int64 = 10_000
    /// How long a cancellation waits for its confirmation beyond the grace between interrupt and kill, in ms: for the
    /// process to be reaped and the message to arrive.
    static let cancelExtraMs: Int64 = 5000
    /// The shortest time for a device to come back after a start of the dispatcher, in ms, whatever is left of its grace:
    /// it may have reconnected while no dispatcher ran. Gateways find a new leader within some seconds.
    static let reviveMs: Int64 = 10_000
    /// How long a new session may take to send its first report, in ms; then it gets work without one.
    static let reportMs: Int64 = 2000
    /// The most unwanted attempts that are taken from one report: more than a device can have slots, with room for those
    /// that have ended and were not acknowledged.
    static let unwantedAttempts = 4096
    /// How many stops of unwanted attempts a device gets at once: one for each slot that it may have.
    static let stopBurst = 1024
    /// How many it gets a second afterwards. Each takes about 15 µs of the reactor, so a hostile device takes 0.4 % of it.
    static let stopsPerSecond = 256
    /// How many messages of unwanted attempts, and events beyond the window, a device may send beyond that before its
    /// session is cut: more than an executor has whose dispatcher has lost its data, and what a hostile one sends in a
    /// moment.
    static let excess = 16_384

    // MARK: Turns

    /// The most open tool calls of an attempt that are remembered: no agent runs as many at once.
    static let openCalls = 256
    /// The longest id of a tool call that is remembered, in bytes; longer ones would fill the task's row.
    static let openCallName = 256
    /// The largest plan whose steps are closed one by one, in bytes: what a person can read.
    static let openPlan = 64 << 10
    /// The shortest wait for the end of a usage limit, in seconds: a device whose clock is ahead must not try in a loop.
    static let limitPauseS = 30.0
    /// How often the wall clock is looked at during that wait, in ms: it may be set, and a task goes on within 30 s of the reset.
    static let resetLookMs: Int64 = 10_000
    /// How many messages to a running turn are remembered, so that a repeated one is answered once.
    static let knownMessages = 32
    /// How many messages to one task may wait for their turn to take them.
    static let openMessages = 16
    /// How long a message waits for that, in ms; then its sender learns that it is unknown.
    static let messageMs: Int64 = 10_000

    // MARK: Queues

    /// How much longer a task must have waited to stay ahead of one of the next higher priority, in ms: the bound on how
    /// long a task can be overtaken.
    static let priorityMs: Int64 = 600_000
    /// How often a task is requeued because its device was lost: one that brings its machine down must not do so for ever.
    static let requeues = 5
    /// How often in a row devices may refuse a task although a slot seemed free: each time costs an attempt and waits for
    /// the next report, so an honest device has long been right by then.
    static let rejections = 20
    /// How many positions of a queue are published at each move: all would be n² events. Those behind are published when
    /// they have moved by a tenth, and `task.get` always has the current one.
    static let nearPositions = 20
    /// A far position is published again when it has changed by one part in this many.
    static let farPositionsPart = 10
    /// The shortest time between two publications of one queue, in ms: a queue that moves a thousand times a second is not
    /// worth twenty thousand events.
    static let positionsMs: Int64 = 200
    /// The same for those behind ``nearPositions``, which may be a thousand.
    static let farPositionsMs: Int64 = 1000

    // MARK: Viewers

    /// A viewer that got nothing for this long gets an empty batch, in ms, so that it notices a lost stream.
    static let keepaliveMs: Int64 = 1000
    /// The bytes of a watched task's newest events that are kept for its viewers; a slower viewer reads the log.
    static let tailBytes = 1 << 20
    /// The same as a number of events.
    static let tailEvents = 4096
    /// The most bytes in a page of events (as `events.page` states).
    static let pageBytes = 4 << 20
    /// The most events in a page.
    static let pageEvents = 10_000
    /// How many events are read from the log for a viewer at a time; with ``EventBatch/preferredSize``.
    static let readEvents = 2048
    /// Viewers of one owner: as many as it may have tasks queued, so that no owner uses up the streams of others.
    static let viewersPerOwner = Limits.queuePerUser

    // MARK: Submissions

    /// The longest prompt in bytes that is kept in memory with its task; a longer one is read when it is needed.
    static let cachedPrompt = 4096
    /// The characters of a prompt in a list.
    static let excerpt = 200
    /// How long a key is valid, in ms.
    static let idempotencyMs: Int64 = 24 * 3_600_000
    /// How long a submission is remembered in memory, in ms: longer than a read of the store can take, so that the second
    /// of two simultaneous copies is recognised.
    static let recentMs: Int64 = 20_000

    // MARK: Permission requests

    /// How many closed permission requests of an attempt are remembered, so that a repeated one gets the same answer; one
    /// that is forgotten counts as new.
    static let closedApprovals = 1024
    /// The most bytes of inputs in a page of permission requests: it must fit into a message however they are escaped.
    static let listedInput = 1 << 20

    // MARK: Conversations

    /// How many of an owner's newest conversations and newest tasks a search covers.
    static let searched = 10_000
    /// How much of each prompt a search covers, in characters.
    static let searchedPrompt = 4096
    /// After how long a search ends with what it has found, in ms: it occupies a reader of the store.
    static let searchMs: Int64 = 500
    /// How many searches may wait for the running one: as many as end before a gateway's request times out.
    static let waitingSearches = 8
    /// How many events of one task, and in all, are read for a history, from the newest on; older ones are left out.
    static let walkedEvents = (task: 20_000, all: 100_000)
    /// The most turns in a history: each takes room in the message besides its text.
    static let historyItems = 1000

    // MARK: The store

    /// The events of one commit, besides one window: some 30 ms of the writer, so that no caller waits for 100 ms behind
    /// a batch.
    static let batchEvents = 4096
    /// The same in bytes.
    static let batchBytes = 4 << 20
    /// The events of a part that goes before longer ones: what the dispatcher decides about a task, and a few lines.
    static let shortPart = 64

    /// The pause after a failed commit before the store is tried again, in ms: a full disk must not be tried in a busy loop.
    static let storagePauseMs: Int64 = 500
    /// The longest such pause, when every recovery has ended in another failure.
    static let longestRecoveryMs: Int64 = 8000
    /// After a start, before the first sweep, in ms: devices come first.
    static let firstSweepMs: Int64 = 1000
    /// How many old tasks are deleted in one transaction: some ms, which a commit may have to wait.
    static let prunedTasks = 200
    /// How many events of deleted tasks, or expired keys, are deleted in one transaction, for the same reason.
    static let sweptRows = 2000
    /// The bytes of events after which such a transaction ends: a large event is many pages.
    static let sweptBytes = 16 << 20
    /// Between two such transactions, in ms.
    static let sweepPauseMs: Int64 = 20

    /// How often a row of one task may be refused by the store before the task fails: its executor would send the same again
    /// and again.
    static let refusedCommits = 3
    /// Of how many tasks it is remembered that the store refused a change.
    static let setAside = 4096

    // MARK: The lead

    /// Between two looks of a standby at the lock and the lease, in ms: a dead leader is replaced within 5 s.
    static let standbyMs: Int64 = 200
    /// How long the lease of a leader that has left must not change before it is taken without the lock, in ms: a process
    /// that has the lock and is just starting goes first.
    static let releasedMs: Int64 = 2000
    /// How often a leader renews its lease in the time after which a standby takes it.
    static let renewals: Int64 = 5
    /// Between two tries of a standby that may lead but could not, in ms.
    static let retryMs: Int64 = 2000
    /// How long a stop waits for answers in flight, in ms: committed changes are answered, long reads are repeated
    /// elsewhere.
    static let answersMs: Int64 = 500
}
