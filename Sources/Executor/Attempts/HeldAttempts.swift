import Logging
import Messages

/// The attempts that this executor holds, each with its state machine and its outbox, and the admission of new ones.
///
/// An attempt is here from its assignment until the server has acknowledged its verdict. Part of the executor's actor.
struct HeldAttempts {
    /// What the table is made for.
    struct Settings: Sendable {
        /// The directory of the spools.
        var directory: String
        /// The device's name, for errors.
        var device: String
        /// How many attempts run at once.
        var slots: Int
        /// See ``ExecutorLimits/spool``.
        var spoolBound: Int
        /// See ``ExecutorTimes/keeping``.
        var keeping: Double
    }

    /// The result of an assignment.
    enum Admission {
        /// It takes a slot; its run is to be started.
        case start(any AgentDriver)
        /// The attempt was assigned before.
        case repeated([AttemptRunner.Action])
        /// Nothing is started: the agent lacks what follows this task (nil = everything).
        case askHistory(after: TaskID?)
        case reject(Fault)
    }

    private let settings: Settings
    private let logger: Logger
    private var runners: [AttemptID: AttemptRunner] = [:]
    private var outbox: Outbox
    /// Histories that were sent for sessions that no longer exist.
    private var outdated: [AttemptID: OutdatedHistory] = [:]
    /// Attempts with a spool that could not be read at the last check.
    private var unreadable: Set<AttemptID> = []

    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        outbox = Outbox(directory: settings.directory)
    }

    subscript(id: AttemptID) -> AttemptRunner? { runners[id] }
    /// Attempts that hold a slot.
    var running: [AttemptRunner] { runners.values.filter(\.holdsSlot) }
    var isEmpty: Bool { outbox.ids.isEmpty }
    /// The number of the attempt's last event; 0 = none.
    func lastSeq(of id: AttemptID) -> UInt64 { outbox[id]?.last ?? 0 }

    /// The attempts, for a device report.
    var reports: [AttemptReport] {
        outbox.ids.compactMap { id in
            outbox[id].map {
                AttemptReport(
                    task: id.task, attempt: id.attempt, lastSeq: $0.last, ended: runners[id]?.holdsSlot != true)
            }
        }
    }

    /// Feeds an attempt's state machine; without effect where the attempt is not held.
    mutating func advance(
        _ id: AttemptID, _ step: (inout AttemptRunner) -> [AttemptRunner.Action]
    ) -> [AttemptRunner.Action] {
        guard runners[id] != nil else { return [] }
        return step(&runners[id]!)
    }

    // MARK: Assignment

    /// Decides on an assignment. It may be repeated; no attempt is ever started twice.
    mutating func admit(
        _ message: TaskAssign, _ agents: AgentCatalog, draining: Bool, now: ContinuousClock.Instant
    ) -> Admission {
        let id = AttemptID(task: message.task, attempt: message.attempt)
        if let runner = runners[id] { return .repeated(runner.assignedAgain()) }
        do {
            try check(message, id, draining)
            let driver = try agents.driver(for: message, on: settings.device)
            if message.history == nil, let memory = driver.memory(of: message.conversation),
                memory.lacks(message.follows, for: message.task)
            {
                return .askHistory(after: memory.last)
            }
            if outdated[id]?.matches(message, now: now) == true { return .askHistory(after: nil) }
            outdated[id] = nil
            try outbox.open(id)
            runners[id] = AttemptRunner(message, device: settings.device)
            return .start(driver)
        } catch { return .reject(error as? Fault ?? Fault(.internalError, "\(error)")) }
    }

    private func check(_ message: TaskAssign, _ id: AttemptID, _ draining: Bool) throws {
        let device = settings.device
        if let newer = outbox.ids.first(where: { $0.task == id.task && $0.attempt > id.attempt }) {
            StaleKind.attempt.count()
            throw Fault(.staleSession, "attempt \(id) was replaced by attempt \(newer.attempt) on this device")
        }
        if outbox.isOver(id) {
            StaleKind.attempt.count()
            throw Fault(.staleSession, "attempt \(id) has already ended on this device")
        }
        if draining { throw Fault(.draining, "the executor on \(device) is stopping and accepts no new tasks") }
        let running = running
        guard running.count < settings.slots else {
            throw Fault(.slotsFull, "all \(settings.slots) slots of \(device) are in use")
        }
        guard !running.contains(where: { $0.conversation == message.conversation }) else {
            throw Fault(.slotsFull, "a task of this conversation still runs on \(device)")
        }
    }

    /// The agent's session is gone; records the history that was sent for it as outdated.
    mutating func sessionGone(
        _ error: SessionGone, _ message: TaskAssign, now: ContinuousClock.Instant
    ) -> [AttemptRunner.Action] {
        let id = AttemptID(task: message.task, attempt: message.attempt)
        guard let runner = runners[id] else { return [] }
        if runner.stop == nil {
            outdated = outdated.filter { !$0.value.isOver(now) }
            outdated[id] = OutdatedHistory(message, known: error.known, now: now)
        }
        return runner.sessionGone()
    }

    /// Opens the spools that previous runs have left. An attempt without a verdict gets one; none is run again.
    mutating func recover() throws {
        let open = try outbox.recover { fault in
            logger.error(
                "the spool of a previous run cannot be read; the file stays where it is",
                metadata: ["error": "\(fault)"])
        }
        for id in outbox.ids {
            runners[id] = AttemptRunner(previousRun: id, device: settings.device)
            guard open.contains(id) else { continue }
            logger.notice("found an attempt of a previous run", metadata: ["task": "\(id.task)"])
            let actions = advance(id) { $0.previousRunFound(hasVerdict: false, .now(), .now) }
            for case .conclude(let verdict) in actions { conclude(id, verdict) }
        }
    }

    // MARK: Output

    /// Writes the output of an agent that runs in `directory` to the spool, so that it can be sent.
    /// - Returns: what follows, and whether the agent is paused.
    mutating func take(
        _ events: [AgentEvent], of id: AttemptID, in directory: String
    ) -> (actions: [AttemptRunner.Action], isPaused: Bool) {
        let bound = settings.spoolBound
        guard let index = runners.index(forKey: id), runners.values[index].takes(bound: bound) else {
            return ([], false)
        }
        // The process may write before its start has returned; `task.started` is sent first all the same.
        var actions = runners.values[index].started(in: directory, .now())
        let unacked: Int
        do { unacked = try outbox.append(events, to: id) } catch {
            logger.error("events could not be stored", metadata: ["task": "\(id.task)", "error": "\(error)"])
            actions += runners.values[index].storeFailed("\(error)")
            return (actions, false)
        }
        let wasPaused = runners.values[index].isPaused
        actions += runners.values[index].stored(unacked: unacked, bound: bound)
        let isPaused = runners.values[index].isPaused
        if isPaused, !wasPaused {
            logger.notice(
                "an agent is paused: its spool is full", metadata: ["task": "\(id.task)", "bytes": "\(unacked)"])
        }
        return (actions, isPaused)
    }

    /// The next frame for the link; nil when everything was sent that may be sent.
    mutating func nextFrame() -> [UInt8]? { outbox.nextFrame() }

    /// Sends again everything that is not acknowledged: a new session knows nothing of it.
    mutating func rewind() { outbox.rewind() }

    /// Sends an attempt again: from `seq` on, or everything that is not acknowledged.
    mutating func resend(_ id: AttemptID, from seq: UInt64? = nil) {
        guard let from = seq ?? outbox[id].map({ $0.acked + 1 }) else { return }
        outbox.resync(id, from: from)
    }

    /// Deletes what the server has on disk.
    /// - Returns: whether an attempt is over by it.
    mutating func acknowledge(_ acks: [AttemptAck]) -> Bool {
        var isAnyOver = false
        for ack in acks {
            let id = AttemptID(task: ack.task, attempt: ack.attempt)
            if outbox[id] == nil, !outbox.isOver(id) { StaleKind.attempt.count() }
            if outbox.acknowledge(ack) {
                runners[id] = nil
                isAnyOver = true
            }
        }
        return isAnyOver
    }

    /// What follows for running attempts after acknowledgements: a paused one may have room in its spool again.
    mutating func resumed() -> [AttemptID: [AttemptRunner.Action]] {
        let bound = settings.spoolBound
        var resumed: [AttemptID: [AttemptRunner.Action]] = [:]
        for id in outbox.ids where runners[id]?.holdsSlot == true {
            let unacked = outbox[id]?.unacked ?? 0
            let actions = advance(id) { $0.acknowledged(unacked: unacked, bound: bound) }
            if !actions.isEmpty { resumed[id] = actions }
        }
        return resumed
    }

    /// Looks for spools that cannot be read.
    /// - Returns: what follows for attempts with a broken stream, and whether a spool is to be read again.
    mutating func checkSpools() -> (broken: [AttemptID: [AttemptRunner.Action]], isUnreadable: Bool) {
        let troubled = outbox.ids.filter { outbox[$0]?.trouble != nil }
        for id in troubled where !unreadable.contains(id) {
            logger.error(
                "a spool cannot be read, will try again",
                metadata: ["task": "\(id.task)", "error": "\(outbox[id]?.trouble?.description ?? "")"])
        }
        unreadable = Set(troubled)
        var broken: [AttemptID: [AttemptRunner.Action]] = [:]
        for id in outbox.ids {
            guard let fault = outbox[id]?.broken, runners[id]?.isActive == true else { continue }
            logger.error("the event stream of a task is broken", metadata: ["task": "\(id.task)", "error": "\(fault)"])
            broken[id] = advance(id) { $0.streamBroken(fault) }
        }
        return (broken, !troubled.isEmpty)
    }

    // MARK: End

    /// Appends the verdict to the outbox. Where the disk does not take it, ``keepVerdicts(last:)`` tries again.
    mutating func conclude(_ id: AttemptID, _ verdict: TaskFinished) {
        do {
            try outbox.conclude(id, verdict)
            runners[id]?.verdictKept()
        } catch {
            logger.error(
                "a verdict could not be stored, will try again",
                metadata: ["task": "\(id.task)", "error": "\(error)"])
        }
    }

    /// Tries again to store verdicts. After ``Settings/keeping``, or now with `last`, they are sent without being stored,
    /// after everything in the spool; the next run would know such an attempt as `executor_restarted` only.
    /// - Returns: whether there was such a verdict.
    mutating func keepVerdicts(last: Bool = false) -> Bool {
        var isAnyEnded = false
        for (id, runner) in runners {
            guard case .ended(let verdict, let since) = runner.phase else { continue }
            isAnyEnded = true
            do { try outbox.conclude(id, verdict) } catch {
                guard last || (ContinuousClock.now - since).seconds > settings.keeping else { continue }
                logger.error(
                    "a verdict is sent without being stored", metadata: ["task": "\(id.task)", "error": "\(error)"])
                outbox.concludeUnkept(id, verdict)
            }
            runners[id]?.verdictKept()
        }
        return isAnyEnded
    }

    /// Deletes an attempt; it is over and is not run again.
    mutating func discard(_ id: AttemptID) {
        outbox.drop(id)
        runners[id] = nil
    }

    /// Deletes an attempt that was never started, so that it can be assigned again.
    mutating func forget(_ id: AttemptID) {
        outbox.forget(id)
        runners[id] = nil
    }
}
