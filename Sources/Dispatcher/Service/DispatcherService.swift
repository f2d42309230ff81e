import Logging
import Mesh
import Messages
import Metrics

/// The leader of its partitions: everything that has not ended, in memory, and every decision about it.
///
/// It runs on the reactor, so what the mesh calls may go straight in. Each input changes the state in memory and adds
/// to ``pending``; one batch at a time is committed, and only then is anybody told (ARCHITECTURE section 4). Owns the
/// log, the tasks, the fleet and the streams.
actor DispatcherService {
    /// Whether it answers.
    enum Phase: Sendable {
        /// What is on disk is being read.
        case loading
        /// What is on disk is known and shown, but nothing can be written: see ``DispatcherService/trouble``.
        case refusing
        case serving
        /// Another process leads.
        case deposed
        case stopping
    }

    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    let configuration: DispatcherConfiguration
    let store: any TaskStore
    let clock: DispatcherClock
    let logger: Logger
    nonisolated let stale: StaleCounters
    /// Permission requests of executors that were over a limit.
    let approvalsRefused = Counter(label: "dispatcher_approvals_refused")
    /// Attempts of reports that listed more than a device can have.
    let unwantedIgnored = Counter(label: "dispatcher_unwanted_ignored")

    var phase = Phase.loading
    /// Tasks that have not ended, or whose end is not on disk.
    var live: [TaskID: LiveTask] = [:]
    var fleet = Fleet()
    var lines = ConversationLines()
    /// The ordinal that was given last in each partition.
    var lastOrdinals: [Partition: Int64] = [:]
    /// When the newest task was accepted, in ms, as ``TaskRecord/rank`` counts; it never goes back.
    var lastAccepted: Int64 = 0
    /// How many queued tasks each owner has.
    var queued: [UserID: Int] = [:]
    var recent = Recent()
    var deadlines = Deadlines<DeadlineKey>()
    /// Queues in which somebody may be able to go.
    var touched: Set<QueueKey> = []
    /// When places in a queue were last told.
    var told: [QueueKey: Told] = [:]
    /// When, in monotonic ms, and in which session an attempt that is of no interest was last told to stop.
    var strays: [AttemptID: (at: Int64, session: SessionRef?)] = [:]
    /// What devices have reported while tasks were loaded, with the session in which they did.
    var missed: [QueueKey: (session: SessionRef, report: DeviceReport)] = [:]

    var pending = Pending()
    var isCommitting = false
    /// How many commits have failed: what was changed in memory before is not there any more.
    var failures: UInt64 = 0
    var idle: [CheckedContinuation<Void, Never>] = []
    /// Why nothing can be written (while ``Phase/refusing``), or could not the last time.
    var trouble: Fault?

    /// When the lease was last renewed: the beginning of that write, in ms of ``DispatcherClock/lease``.
    var renewedAt: Int64
    /// Who waits for the end of our lead.
    var successors: [CheckedContinuation<Void, Never>] = []
    /// Whether they need not wait any more: the word may come before they do.
    var successorsMayGo = false
    /// The pause before the next try after a failed commit, in ms; it grows while each recovery ends in another failure.
    var recoveryPauseMs = DispatcherLimits.storagePauseMs

    /// Whether what was deleted is being removed from the disk, and whether there may be more.
    var isSweeping = false
    var wantsSweep = false

    /// Whether a search goes on, and who waits for its end.
    var isSearching = false
    var searchers: [CheckedContinuation<Void, Never>] = []
    /// Conversations that are being deleted, and how many have been: what is read meanwhile may be old.
    var deleting: Set<ConversationID> = []
    var deletions: UInt64 = 0

    var streams: [TaskID: EventStream] = [:]
    var nextViewer = 0
    /// How many viewers each owner has.
    var viewers: [UserID: Int] = [:]

    /// The gateways with sessions.
    var gateways: [Incarnation: Peer] = [:]
    var registry: Peer?
    var watch: Subscription?
    var announcement: ServiceAnnounce?
    var isAnnounced = false
    var registered: [CheckedContinuation<Void, Never>] = []

    init(
        _ configuration: DispatcherConfiguration, store: any TaskStore, reactor: Reactor, clock: DispatcherClock,
        stale: StaleCounters, logger: Logger
    ) {
        self.stale = stale
        self.configuration = configuration
        self.store = store
        renewedAt = clock.lease()
        self.reactor = reactor
        self.clock = clock
        self.logger = logger
    }

    /// How long a stop waits for the executor, in ms.
    var cancelMs: Int64 { Int64((configuration.stopGraceS * 1000).rounded()) + DispatcherLimits.cancelExtraMs }

    /// Tells a machine what happened and carries out what it says; nothing when the task is not alive.
    func update(_ id: TaskID, _ body: (inout TaskMachine) -> [TaskAction]) {
        guard let task = live[id] else { return }
        let before = task.machine.record.state
        let actions = body(&task.machine)
        let record = task.machine.record
        if before == .queued, record.state != .queued { countQueued(record.owner, -1) }
        if before != .queued, record.state == .queued { countQueued(record.owner, 1) }
        if before != record.state {
            watchTimes(task, before: before)
            if before == .assigned { task.history = nil }
        }
        guard !actions.isEmpty else { return }
        pending.dirty.insert(id)
        for action in actions { perform(action, record) }
    }

    func countQueued(_ owner: UserID, _ change: Int) {
        let count = queued[owner, default: 0] + change
        queued[owner] = count > 0 ? count : nil
    }

    private func perform(_ action: TaskAction, _ record: TaskRecord) {
        let attempt = record.attemptID
        let key = record.queue
        switch action {
        case .write: break
        case .log(let event):
            pending.events.append(event)
        case .approval(let approval):
            follow(approval, key)
        case .assign:
            pending.effects.append(.assign(attempt))
            deadlines.set(.assign(record.id), at: clock.monotonic() + DispatcherLimits.repeatMs)
        case .stop:
            deadlines.cancel(.assign(record.id))
            stop(attempt, key)
        case .acknowledge(let seq):
            pending.acks[key, default: [:]][attempt] = seq
        case .resync(let from):
            pending.effects.append(.resync(attempt, key, from: from))
        case .release(let attempt, let confirmed):
            // One that is away has no slots, and says at its return what it runs.
            let isFree = confirmed || fleet.places[key]?.isConnected != true
            fleet.queue(key) { $0.release(attempt, confirmed: isFree) }
            deadlines.cancel(.assign(record.id))
            deadlines.cancel(.stop(attempt))
            if !confirmed { free(attempt, key) }
            touched.insert(key)
        case .requeue(let paused):
            fleet.queue(key) {
                $0.insert(record.waiting)
                if paused { $0.pause() }
            }
            pending.untold.insert(record.id)
            touched.insert(key)
        case .ended:
            ended(record)
        }
    }

    /// Tells the device to stop an attempt that is to end, now and until it says so or its time is over.
    func stop(_ attempt: AttemptID, _ key: QueueKey) {
        let now = clock.monotonic()
        pending.effects.append(.stop(attempt, key, discard: false))
        deadlines.set(.stop(attempt), at: now + DispatcherLimits.repeatMs)
        deadlines.set(.cancel(attempt.task), at: now + cancelMs)
    }

    /// Tells a device that still runs an attempt which has ended for us to stop it, now and until it says that the
    /// slot is free. One that is away has no slots.
    func free(_ attempt: AttemptID, _ key: QueueKey) {
        guard let place = fleet.places[key], place.isConnected, place.queue.held.contains(attempt) else { return }
        pending.effects.append(.stop(attempt, key, discard: true))
        deadlines.set(.free(attempt, key), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func ended(_ record: TaskRecord) {
        deadlines.cancel(.cancel(record.id))
        fleet.queue(record.queue) { $0.remove(record.waiting) }
        touched.insert(record.queue)
        guard let next = lines.leave(record.id, conversation: record.conversation), let task = live[next] else {
            return
        }
        touched.insert(task.machine.record.queue)
    }

    /// Ends a turn: gives free slots to who waits, and starts a commit when there is something to commit.
    func settle() {
        guard phase == .serving else { return }
        while let key = touched.popFirst() {
            dispatch(key)
            pending.moved.insert(key)
        }
        startCommit()
    }

    /// Gives the free slots of a device to who waits for it, in the order of the queue; whoever cannot go (because of
    /// its conversation) does not hold up those behind.
    private func dispatch(_ key: QueueKey) {
        guard let place = fleet.places[key], Placement.reason(in: place, conversationIsBusy: false) == nil else {
            return
        }
        let now = clock.wall()
        var room = place.queue.total - place.queue.used
        for entry in place.queue.waiting {
            guard room > 0 else { return }
            guard let task = live[entry.task], !isBusy(task.machine.record, in: place) else { continue }
            update(entry.task) { $0.assign(deviceName: place.name, now: now) }
            fleet.queue(key) { $0.occupy(task.machine.record.attemptID, from: entry) }
            room -= 1
        }
    }
}
