import Logging
import Messages

/// Attempts and permission requests: what the dispatcher and the agents ask for, and what follows from it.
extension ExecutorService {
    // MARK: Carrying out

    /// Feeds an attempt's state machine and carries out its actions.
    func advance(_ id: AttemptID, _ step: (inout AttemptRunner) -> [AttemptRunner.Action]) {
        perform(attempts.advance(id, step), of: id)
    }

    private func perform(_ actions: [AttemptRunner.Action], of id: AttemptID) {
        for action in actions {
            switch action {
            case .announce(let since, let directory): announce(id, since, directory)
            case .send: schedulePump()
            case .resend: attempts.resend(id)
            case .resume: runs.resume(id)
            case .stop(let grace): stopRun(id, grace)
            case .wrapUp:
                if let run = runs[id] { Task { await run.wrapUp("the conversation's next message waits") } }
            case .steer(let message): steer(id, message)
            case .refuseMessage(let message, let fault): refuse(message, id, fault)
            case .closeRequests: sendClosed(approvals.close(id))
            case .forgetRequests: approvals.forget(id)
            case .report: report()
            case .conclude(let verdict): attempts.conclude(id, verdict)
            case .discard: attempts.discard(id)
            case .forget: attempts.forget(id)
            case .reject(let fault): reject(id, fault)
            case .askHistory: askHistory(id, after: nil)
            }
        }
        changed()
    }

    private func stopRun(_ id: AttemptID, _ grace: Double) {
        guard let run = runs[id] else { return }
        let why: String? =
            switch attempts[id]?.stop {
            case .shutdown: "the executor stops"
            case .lease: "no server was reached for longer than the task's lease"
            default: nil
            }
        Task {
            // A turn that only waits for its background work keeps its outcome where no person stops it.
            if let why { await run.wrapUp(why) }
            await run.stop(grace: grace)
        }
    }

    private func announce(_ id: AttemptID, _ since: Timestamp, _ directory: String) {
        guard session.isUp else { return }
        session.send(TaskStarted(task: id.task, attempt: id.attempt, startedAt: since, workspace: directory))
    }

    private func reject(_ id: AttemptID, _ fault: Fault) {
        logger.notice("an attempt was rejected", metadata: ["task": "\(id.task)", "code": "\(fault.code)"])
        session.send(TaskRejected(task: id.task, attempt: id.attempt, fault: fault))
    }

    /// The dispatcher sends the assignment again, with what the agent does not know.
    private func askHistory(_ id: AttemptID, after known: TaskID?) {
        logger.info("asking for the history of a conversation", metadata: ["task": "\(id.task)"])
        session.send(HistoryWanted(task: id.task, attempt: id.attempt, after: known))
    }

    // MARK: Sending

    /// Reports slots and attempts, where a dispatcher can be reached.
    func report() {
        guard session.isUp else { return }
        reported = .now
        session.send(
            DeviceReport(
                used: attempts.running.count, total: parts.slots, draining: draining, attempts: attempts.reports,
                agents: agents.announceChanges()))
    }

    /// Sends events after everything that already waits for this actor, so that events that arrive together are sent
    /// together.
    func schedulePump() {
        guard !isPumpScheduled, session.isUp else { return }
        isPumpScheduled = true
        Task {
            self.isPumpScheduled = false
            self.session.pump { self.attempts.nextFrame() }
        }
    }

    // MARK: From the dispatcher

    /// Runs an attempt. The message may be repeated.
    func assign(_ message: TaskAssign) {
        guard session.accepts(epoch: message.epoch, "task.assign", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        switch attempts.admit(message, agents, draining: draining, now: .now) {
        case .start(let driver):
            report()
            Task { await self.launch(message, id, driver) }
        case .repeated(let actions): perform(actions, of: id)
        case .askHistory(let known): askHistory(id, after: known)
        case .reject(let fault): reject(id, fault)
        }
    }

    private func launch(_ message: TaskAssign, _ id: AttemptID, _ driver: any AgentDriver) async {
        do {
            let (run, directory) = try await launcher.start(message, driver) {
                AttemptSink(id: id, directory: $0, service: self)
            }
            runs.add(run, of: id)
            logger.info("an attempt was started", metadata: ["task": "\(id.task)", "attempt": "\(id.attempt)"])
            advance(id) { $0.launched(in: directory, .now()) }
            if agents.isOutdated(by: message.agent) { Task { await self.probe(.missing) } }
            finish(id, await run.outcome())
        } catch let error as SessionGone {
            perform(attempts.sessionGone(error, message, now: .now), of: id)
        } catch {
            advance(id) { $0.startFailed(error as? Fault ?? Fault(.spawnFailed, "\(error)")) }
            // A program that has gone missing is to be seen in the list of devices as well.
            await probe()
        }
    }

    private func finish(_ id: AttemptID, _ outcome: TurnOutcome) {
        logger.info("an attempt has ended", metadata: ["task": "\(id.task)", "state": "\(outcome.state)"])
        advance(id) { $0.finished(outcome, .now(), .now) }
        runs.remove(id)
    }

    /// Stops an attempt. For one that does not run, the report shows that it is gone or that its verdict is on the way.
    func stop(_ message: TaskStop) {
        guard session.accepts(epoch: message.epoch, "task.stop", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        guard attempts[id] != nil else {
            changed()
            return report()
        }
        advance(id) { $0.stop(.requested(discard: message.discard), grace: message.graceS) }
    }

    /// Ends the background work of an attempt whose turn has ended. For one that does not run, the report shows it.
    func wrapUp(_ message: TaskWrapUp) {
        guard session.accepts(epoch: message.epoch, "task.wrap_up", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        guard attempts[id] != nil else { return report() }
        advance(id) { $0.wrapUp() }
    }

    /// Gives a person's message to the turn of an attempt.
    func steer(_ message: TaskSteer) {
        guard session.accepts(epoch: message.epoch, "task.steer", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        guard attempts[id] != nil else { return refuse(message.message, id, AttemptRunner.ended(id)) }
        advance(id) { $0.steer(PersonMessage(id: message.message, text: message.text)) }
    }

    /// Changes the size of an attempt's pseudo-terminal; without effect where none runs.
    func resize(_ message: TaskResize) {
        guard session.accepts(epoch: message.epoch, "task.resize", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        if let run = runs[id] { Task { await run.resize(message.terminal) } }
    }

    private func steer(_ id: AttemptID, _ message: PersonMessage) {
        guard let run = runs[id] else {
            return advance(id) { $0.steerRefused(message.id, AttemptRunner.ended(id)) }
        }
        Task {
            do { try await run.steer(message) } catch {
                let fault = error as? Fault ?? Fault(.internalError, "\(error)")
                self.advance(id) { $0.steerRefused(message.id, fault) }
            }
        }
    }

    private func refuse(_ message: MessageID, _ id: AttemptID, _ fault: Fault) {
        guard session.isUp else { return }
        session.send(TaskSteerRefused(task: id.task, attempt: id.attempt, message: message, fault: fault))
    }

    // An ack has no epoch: it comes through the gateway, which relays only those of the current dispatcher of this
    // session's partition, and it covers committed events, which no later dispatcher takes back. One for an attempt
    // that is not held here is counted and changes nothing.
    func acknowledge(_ message: EventsAck) {
        session.heard()
        // The report shows the dispatcher and the registry that the attempt is no longer held.
        if attempts.acknowledge(message.acks) {
            report()
            changed()
        }
        keepVerdicts()
        for (id, actions) in attempts.resumed() { perform(actions, of: id) }
        schedulePump()
    }

    func resync(_ message: EventsResync) {
        session.heard()
        attempts.resend(AttemptID(task: message.task, attempt: message.attempt), from: message.from)
        checkSpools()
        schedulePump()
    }

    /// The service has refused events of an attempt and shows a log line in their place: this version never sends such
    /// payloads, so the spool's file is damaged or not its own.
    func refused(_ message: EventsRefused) {
        session.heard()
        logger.error(
            "the service refused events",
            metadata: [
                "task": "\(message.task)", "attempt": "\(message.attempt)", "events": "\(message.count)",
                "reason": "\(message.fault.message)",
            ])
    }

    /// Tries again to store verdicts that the disk did not take.
    func keepVerdicts(last: Bool = false) {
        if attempts.keepVerdicts(last: last) { schedulePump() }
    }

    /// Stops attempts with a broken stream, and reads again spools that could not be read.
    func checkSpools() {
        let (broken, isUnreadable) = attempts.checkSpools()
        for (id, actions) in broken { perform(actions, of: id) }
        if isUnreadable { schedulePump() }
    }

    // MARK: From the agents

    /// Takes the events of an agent that runs in `directory`: to disk, then to the link.
    ///
    /// Suspends while the attempt's spool is full, so that only its agent's pipes fill up and it waits.
    func emit(_ events: [AgentEvent], of id: AttemptID, in directory: String) async {
        guard !events.isEmpty else { return }
        let (actions, isPaused) = attempts.take(events, of: id, in: directory)
        perform(actions, of: id)
        if isPaused { await withCheckedContinuation { runs.pause(id, $0) } }
    }

    /// Whether an agent is suspended in ``emit(_:of:)``.
    func isPaused(_ id: AttemptID) -> Bool { runs.isPaused(id) }

    /// Passes on the permission request of an agent that runs in `directory`. Denies it when the attempt is ending.
    func ask(
        _ request: PermissionRequest, of id: AttemptID, in directory: String, reply: @escaping OpenRequests.Reply
    ) async {
        advance(id) { $0.started(in: directory, .now()) }
        guard let attempt = attempts[id], attempt.isActive else { return await reply(.deny(Self.ending)) }
        let admission = approvals.ask(
            request, of: id, in: attempt.conversation, after: attempts.lastSeq(of: id), reply: reply)
        switch admission {
        case .open(let message):
            logger.info("an agent asks for permission", metadata: ["task": "\(id.task)", "tool": "\(request.tool)"])
            if session.isUp { session.send(message) }
        case .decided(let decision, let note):
            await show(note, id)
            await reply(current(decision, id))
        case .repeated: break
        }
    }

    /// Shows a note to the task's viewers; its start was announced before, with its directory.
    private func show(_ note: ApprovalDesk.Note, _ id: AttemptID) async {
        await emit([.log(note.level, note.message, source: "executor")], of: id, in: "")
    }

    /// A decision as it holds now: the attempt may have been stopped while this actor was suspended, and nothing is
    /// allowed after a stop.
    private func current(_ decision: PermissionDecision, _ id: AttemptID) -> PermissionDecision {
        guard case .allow = decision, attempts[id]?.isActive != true else { return decision }
        return .deny(Self.ending)
    }

    private static let ending = "the task is ending"

    /// An agent no longer waits for an answer.
    func withdraw(_ request: String, of id: AttemptID) {
        if let closed = approvals.withdraw(request, of: id) { sendClosed([closed]) }
    }

    // MARK: Approvals

    /// The dispatcher has a permission request on disk.
    func recorded(_ message: ApprovalRecorded) {
        session.heard()
        approvals.recorded(message)
    }

    /// Gives a person's approval to the agent. The reply to every further one is that the request is closed.
    func answer(_ message: ApprovalAnswer) {
        guard session.accepts(epoch: message.epoch, "approval.answer", message.task) else { return }
        let id = AttemptID(task: message.task, attempt: message.attempt)
        let closed = ApprovalClosed(task: message.task, attempt: message.attempt, request: message.request)
        guard let answered = approvals.answer(message, in: attempts[id]?.conversation) else {
            return sendClosed([closed])
        }
        Task {
            if let note = answered.note { await self.show(note, id) }
            await answered.reply(self.current(answered.decision, id))
            self.sendClosed([closed])
        }
    }

    func sendClosed(_ closed: [ApprovalClosed]) {
        guard session.isUp else { return }
        for request in closed { session.send(request) }
    }
}
