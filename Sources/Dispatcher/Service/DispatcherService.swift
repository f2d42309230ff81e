import Launch
import Logging
import Mesh
import Messages
import Metrics

/// The leader of its partitions: keeps every task that has not ended in memory, and decides everything about it.
///
/// It runs on the reactor, so mesh callbacks enter it without a hop. Each input changes memory and adds to
/// ``committer``; one batch at a time is committed, and only then are peers answered.
actor DispatcherService {
    /// What this process answers.
    enum Phase: Sendable {
        /// Tasks are being read from the store.
        case loading
        /// Tasks are known and shown, but the store takes no write: see ``Committer/trouble``.
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
    /// Permission requests that were over a limit.
    let approvalsRefused = Counter(label: "dispatcher_approvals_refused")
    /// Attempts beyond the limit of one report.
    let unwantedIgnored = Counter(label: "dispatcher_unwanted_ignored")
    /// Events beyond the window of their attempt, which were refused.
    let overruns = Counter(label: "dispatcher_window_overruns")
    /// Events of executors that only the dispatcher makes: ``ReservedEvents``.
    let eventsReserved = Counter(label: "dispatcher_events_reserved")
    /// Sessions that were cut for a flood.
    let sessionsCut = Counter(label: "dispatcher_sessions_cut")

    var phase = Phase.loading
    var shards: Shards
    /// Tasks that have not ended, or have an end that is not on disk.
    var live: [TaskID: LiveTask] = [:]
    var fleet = Fleet()
    var deadlines = Deadlines<DeadlineKey>()
    /// Queues with first tasks that may have become ready to run.
    var changedQueues: Set<QueueID> = []
    /// Reports that came while tasks were being loaded.
    var earlyReports: [WorkerID: (session: SessionRef, report: DeviceReport)] = [:]
    /// The gateways with sessions.
    var gateways: [Incarnation: Peer] = [:]

    var committer = Committer()
    var lease: LeaderLease
    var positions = QueuePositions()
    var recent = RecentSubmissions()
    var sweeper: Sweeper
    var stopBudgets = StopBudgets()
    var steers = SteerTable()
    nonisolated let logLimits: LogLimits
    var logUsage = LogUsage()
    /// One search at a time: each occupies a reader of the store for long.
    nonisolated let searchGate = AsyncSemaphore(1, maxWaiting: DispatcherLimits.waitingSearches)
    nonisolated let viewers: ViewerHub

    init(
        _ configuration: DispatcherConfiguration, store: any TaskStore, reactor: Reactor, clock: DispatcherClock,
        stale: StaleCounters, logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.reactor = reactor
        self.clock = clock
        self.stale = stale
        self.logger = logger
        shards = Shards(Partition.all, epoch: store.epoch)
        lease = LeaderLease(configuration, clock: clock)
        logLimits = configuration.logLimits
        sweeper = Sweeper(configuration)
        viewers = ViewerHub(store: store, clock: clock, reactor: reactor, logger: logger)
    }

    // MARK: One task

    /// Adds a new or loaded task to memory.
    func insert(_ task: LiveTask) {
        let record = task.machine.record
        live[record.id] = task
        shards[record.owner]?.add(record)
        if record.state == .queued {
            fleet.queue(record.queue) { $0.insert(record.queueEntry) }
        } else {
            fleet.slots(record.queue) { $0.occupy(record.attemptID) }
        }
        startTimes(record.id)
    }

    /// Passes an input to a task's machine and carries out its actions; does nothing when the task is not in memory.
    func update(_ id: TaskID, _ input: (inout TaskMachine) -> [TaskAction]) {
        guard let task = live[id] else { return }
        let before = task.machine.record.state
        let isConnected = fleet.isConnected(task.machine.record.queue)
        let actions = task.machine.apply(
            connected: isConnected, monotonic: clock.monotonic(), now: clock.wall(), input)
        if task.machine.record.state != before { stateChanged(task, from: before) }
        if actions.contains(where: \.isWritten) { committer.write(id) }
        for action in actions { perform(action, task) }
    }

    /// As ``update(_:_:)``, as the whole handling of a message.
    func updateAndSettle(_ id: TaskID, _ input: (inout TaskMachine) -> [TaskAction]) {
        update(id, input)
        settle()
    }

    private func stateChanged(_ task: LiveTask, from before: TaskState) {
        let record = task.machine.record
        if before == .queued {
            shards[record.owner]?.countQueued(record.owner, -1)
            deadlines.cancel(.expiry(record.id))
            deadlines.cancel(.reset(record.id))
        }
        if record.state == .queued { shards[record.owner]?.countQueued(record.owner, 1) }
        if before == .assigned { task.history = nil }
        if before == .running {
            deadlines.cancel(.limit(record.id))
            deadlines.cancel(.idle(record.id))
            deadlines.cancel(.wrapUp(record.id))
            failSteers(of: record)
        }
        if !task.machine.isPlaced { deadlines.cancel(.grace(record.id)) }
    }

    /// Counts the times of a task from now on: it is new or loaded, or its executor is back.
    func startTimes(_ id: TaskID) {
        guard let queue = live[id]?.machine.record.queue else { return }
        let isConnected = fleet.isConnected(queue)
        update(id) { $0.startTimes(connected: isConnected, monotonic: clock.monotonic(), now: clock.wall()) }
    }

    private func perform(_ action: TaskAction, _ task: LiveTask) {
        let record = task.machine.record
        switch action {
        case .write: break
        case .log(let event): committer.append(event)
        case .approval(let approval): commit(approval, of: task)
        case .assign: assign(record)
        case .stop:
            deadlines.cancel(.assign(record.id))
            stop(record)
        case .acknowledge(let seq):
            WorkerID(serving: record.queue).map { committer.acknowledge(record.attemptID, seq, to: $0) }
        case .resync(let from):
            WorkerID(serving: record.queue).map { committer.send(.resync(record.attemptID, $0, from: from)) }
        case .release(let attempt, let confirmed): release(attempt, record, confirmed: confirmed)
        case .requeue(let paused):
            if paused { fleet.slots(record.queue) { $0.pause() } }
            enqueue(record)
        case .alarm(let alarm, let time): deadlines.set(DeadlineKey(alarm, of: record.id), at: time)
        case .ended: ended(record)
        }
    }

    /// Adds a task to its queue.
    private func enqueue(_ record: TaskRecord) {
        fleet.queue(record.queue) { $0.insert(record.queueEntry) }
        positions.add(record.id)
        changedQueues.insert(record.queue)
    }

    /// Sends an assignment, now and until it is answered.
    func assign(_ record: TaskRecord) {
        committer.send(.assign(record.attemptID))
        deadlines.set(.assign(record.id), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    /// Sends a stop, now and until it is confirmed or its time is over.
    func stop(_ record: TaskRecord) {
        guard let worker = WorkerID(serving: record.queue) else { return }
        let now = clock.monotonic()
        committer.send(.stop(record.attemptID, worker, discard: false))
        deadlines.set(.stop(record.attemptID), at: now + DispatcherLimits.repeatMs)
        deadlines.set(.cancel(record.id), at: now + configuration.cancelMs)
    }

    /// A request is new or has changed: commits it, and sends it or its answer to the executor afterwards.
    private func commit(_ approval: ApprovalRecord, of task: LiveTask) {
        committer.put(approval)
        // The silence of an agent that waited for a person begins anew.
        task.machine.sign(monotonic: clock.monotonic())
        let deadline = DeadlineKey.approval(approval.attempt, approval.request)
        guard !approval.isDelivered else { return deadlines.cancel(deadline) }
        if let worker = WorkerID(serving: task.machine.record.queue) {
            committer.send(
                approval.isPending
                    ? .recorded(approval.attempt, worker, request: approval.request) : .answer(approval, worker))
        }
        let left = Int64((approval.expiresAt.seconds(since: clock.wall()) * 1000).rounded(.up))
        deadlines.set(deadline, at: clock.monotonic() + (approval.isPending ? left : DispatcherLimits.repeatMs))
    }

    private func release(_ attempt: AttemptID, _ record: TaskRecord, confirmed: Bool) {
        // An executor that is away has no slots, and reports at its return what it runs.
        let isFree = confirmed || !fleet.isConnected(record.queue)
        fleet.slots(record.queue) { $0.release(attempt, confirmed: isFree) }
        deadlines.cancel(.assign(record.id))
        deadlines.cancel(.stop(attempt))
        if !confirmed, let worker = WorkerID(serving: record.queue) { freeSlot(attempt, worker) }
        changedQueues.insert(record.queue)
    }

    /// Sends a stop of an ended attempt that its executor still runs, now and until a report shows that the slot is free.
    func freeSlot(_ attempt: AttemptID, _ id: WorkerID) {
        guard let worker = fleet.workers[id], worker.isConnected, worker.slots.held.contains(attempt) else { return }
        stopUnwanted(attempt, id, isRepeated: true)
        deadlines.set(.freeSlot(attempt, id), at: clock.monotonic() + DispatcherLimits.repeatMs)
    }

    private func ended(_ record: TaskRecord) {
        deadlines.cancel(.cancel(record.id))
        fleet.queue(record.queue) { $0.remove(record.queueEntry) }
        changedQueues.insert(record.queue)
        let next = shards[record.owner]?.lines.leave(record.id, conversation: record.conversation)
        if let next, let task = live[next] { changedQueues.insert(task.machine.record.queue) }
    }

    // MARK: All queues

    /// Ends the handling of an input: assigns free slots in the changed queues, and starts a commit when there is
    /// something to commit.
    func settle() {
        guard phase == .serving else { return }
        while let queue = changedQueues.popFirst() {
            dispatch(queue)
            positions.move(queue)
        }
        startCommit()
    }

    /// Assigns free slots to the waiting tasks of a queue in its order. A task that waits for its conversation, or for the
    /// end of a usage limit, does not hold up those behind it.
    private func dispatch(_ queue: QueueID) {
        guard let worker = fleet.worker(serving: queue), worker.isReady, let place = fleet.places[queue] else { return }
        let now = clock.wall()
        var free = worker.slots.free
        for entry in place.queue.waiting {
            guard free > 0 else { return }
            guard let task = live[entry.task], !task.machine.record.isLimited, !isBusy(task.machine.record) else {
                continue
            }
            update(entry.task) { $0.assign(deviceName: place.device?.name, now: now) }
            fleet.queue(queue) { $0.remove(entry) }
            fleet.slots(queue) { $0.occupy(task.machine.record.attemptID) }
            free -= 1
        }
    }

    /// Returns whether a waiting task cannot run because an earlier one of its conversation has not ended, or because the
    /// executor still runs an earlier attempt of it.
    func isBusy(_ record: TaskRecord) -> Bool {
        shards[record.owner]?.lines.isBehind(record.id, in: record.conversation) == true
            || fleet.worker(serving: record.queue)?.slots.holds(record.id) == true
    }
}
