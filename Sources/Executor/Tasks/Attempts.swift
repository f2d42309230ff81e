import Logging
import Messages

/// The life of attempts: taken, started, stopped, ended.
extension ExecutorService {
    /// Ends what an earlier life left without a verdict; it is replayed and never run again.
    func recover() throws {
        let open = try outbox.recover { fault in
            logger.error(
                "what an earlier life left of an attempt cannot be read; the file is left where it is",
                metadata: ["error": "\(fault)"])
        }
        for id in open {
            logger.notice("an attempt of an earlier life was found", metadata: ["task": "\(id.task)"])
            conclude(
                id,
                verdict(
                    id,
                    .failed(
                        .executorRestarted,
                        "the executor on \(identity.name) ended while the task ran; what the task had said is kept, "
                            + "and it can be sent again")))
        }
    }

    // MARK: Taken

    /// A leader wants an attempt to run. Every answer is safe to repeat, and no attempt is ever started twice.
    func assign(_ message: TaskAssign) {
        guard accepts(epoch: message.epoch, "task.assign", message.task) else { return }
        leaderHeard = .now
        let id = AttemptID(task: message.task, attempt: message.attempt)
        if let attempt = running[id] {
            if let startedAt = attempt.startedAt { sayStarted(id, startedAt, attempt.directory) }
            return
        }
        // Who asks again for what has ended here has lost its events: everything that is not acked is said again.
        if let held = outbox[id] {
            outbox.resync(id, from: held.acked + 1)
            return schedulePump()
        }
        do {
            let driver = try accept(message, id)
            if message.history == nil, let memory = driver.memory(of: message.conversation),
                memory.lacks(message.follows, for: message.task)
            {
                return askHistory(id, after: memory.last)
            }
            if outdated[id]?.isIn(message, now: .now) == true { return askHistory(id, after: nil) }
            outdated[id] = nil
            try outbox.open(id)
            running[id] = RunningAttempt(conversation: message.conversation, lease: message.leaseS)
            report()
            Task { await self.launch(message, id, driver) }
        } catch { reject(id, error as? Fault ?? Fault(.internalError, "\(error)")) }
    }

    private func accept(_ message: TaskAssign, _ id: AttemptID) throws -> any AgentDriver {
        if let newer = outbox.ids.first(where: { $0.task == id.task && $0.attempt > id.attempt }) {
            countStale(.attempt)
            throw Fault(.staleSession, "attempt \(id) was replaced by attempt \(newer.attempt) on this device")
        }
        if outbox.isOver(id) {
            countStale(.attempt)
            throw Fault(.staleSession, "attempt \(id) has already ended on this device")
        }
        if draining { throw Fault(.draining, "the executor on \(identity.name) is stopping and takes no new work") }
        guard running.count < parts.slots else {
            throw Fault(.slotsFull, "all \(parts.slots) slots of \(identity.name) are in use")
        }
        guard !running.values.contains(where: { $0.conversation == message.conversation }) else {
            throw Fault(.slotsFull, "a task of this conversation still runs on \(identity.name)")
        }
        guard let driver = parts.agents.first(where: { $0.name == message.agent }) else {
            let known = parts.agents.map(\.name).joined(separator: ", ")
            throw Fault(
                .agentUnknown, "\(identity.name) has no agent '\(message.agent.prefix(100))'; it has \(known)")
        }
        if let mode = message.permissionMode {
            guard PermissionMode.all.contains(mode) else {
                let known = PermissionMode.all.map(\.rawValue).joined(separator: ", ")
                throw Fault(
                    .permissionModeNotAllowed,
                    "\(identity.name) knows no permission mode '\(mode.rawValue.prefix(100))'; it knows \(known)")
            }
            try driver.check(mode, on: identity.name)
        }
        return driver
    }

    /// Nothing is begun: the leader sends the assign again, with what the agent here does not know.
    private func askHistory(_ id: AttemptID, after known: TaskID?) {
        logger.info("the history of a conversation is wanted", metadata: ["task": "\(id.task)"])
        send(HistoryWanted(task: id.task, attempt: id.attempt, after: known))
    }

    private func reject(_ id: AttemptID, _ fault: Fault) {
        logger.notice("an attempt was refused", metadata: ["task": "\(id.task)", "code": "\(fault.code)"])
        send(TaskRejected(task: id.task, attempt: id.attempt, fault: fault))
    }

    // MARK: Started

    private func launch(_ message: TaskAssign, _ id: AttemptID, _ driver: any AgentDriver) async {
        let known = driver.memory(of: message.conversation)?.last
        do {
            let workspaces = parts.workspaces
            let directory = try await lookup.directory(message.cwd ?? workspaces.root) {
                try workspaces.directory(for: message.conversation, cwd: message.cwd)
            }
            running[id]?.directory = directory
            let turn = Turn(
                attempt: id, conversation: message.conversation, prompt: message.prompt, directory: directory,
                trace: message.trace, permission: message.permissionMode, follows: message.follows,
                history: history(of: message, driver))
            let run = try await driver.start(turn, sink: AttemptSink(id: id, service: self))
            running[id]?.run = run
            started(id)
            // A stop may have come while the process was started.
            if let attempt = running[id], attempt.stop != nil { await run.stop(grace: attempt.grace) }
            await finish(id, run.outcome())
        } catch is SessionGone {
            let isStopped = abandon(id)?.stop != nil
            if !isStopped {
                outdated = outdated.filter { !$0.value.isOver(.now) }
                outdated[id] = OutdatedHistory(message, known: known, now: .now)
                askHistory(id, after: nil)
            }
            report()
        } catch {
            abandon(id)
            reject(id, error as? Fault ?? Fault(.spawnFailed, "\(error)"))
            report()
            // A program that went missing should be seen in the list of devices as well.
            await probe()
        }
    }

    /// Takes back an attempt of which nothing has started.
    @discardableResult
    private func abandon(_ id: AttemptID) -> RunningAttempt? {
        defer { changed() }
        outbox.forget(id)
        return running.removeValue(forKey: id)
    }

    private func history(of message: TaskAssign, _ driver: any AgentDriver) -> ConversationHistory? {
        guard let items = message.history, let memory = driver.memory(of: message.conversation) else { return nil }
        return ConversationHistory(
            items, leftOut: message.historyLeftOut ?? 0, known: memory.last, device: identity.name)
    }

    private func started(_ id: AttemptID) {
        guard let attempt = running[id], attempt.startedAt == nil else { return }
        let now = Timestamp.now()
        running[id]?.startedAt = now
        logger.info("an attempt was started", metadata: ["task": "\(id.task)", "attempt": "\(id.attempt)"])
        sayStarted(id, now, attempt.directory)
    }

    private func sayStarted(_ id: AttemptID, _ startedAt: Timestamp, _ directory: String) {
        guard session.phase == .up else { return }
        send(TaskStarted(task: id.task, attempt: id.attempt, startedAt: startedAt, workspace: directory))
    }

    /// Takes an agent's events: on disk, then on their way.
    ///
    /// Suspends while the attempt's spool is full, so that its agent's pipes fill up and it waits; nothing else does.
    func emit(_ events: [AgentEvent], of id: AttemptID) async {
        let unacked = outbox[id]?.unacked ?? 0
        guard !events.isEmpty, running[id]?.takes(unacked: unacked, bound: parts.spoolBound) == true else { return }
        // The process speaks before its start was noted: the start is said first all the same.
        started(id)
        do { try outbox.append(events, to: id) } catch {
            logger.error("events could not be kept", metadata: ["task": "\(id.task)", "error": "\(error)"])
            running[id]?.isCut = true
            return end(id, .storage("\(error)"), grace: 5)
        }
        schedulePump()
        guard running[id]?.stop == nil, let unacked = outbox[id]?.unacked, unacked >= parts.spoolBound else { return }
        if paused[id] == nil {
            logger.notice(
                "an agent is paused: its spool is full", metadata: ["task": "\(id.task)", "bytes": "\(unacked)"])
        }
        await withCheckedContinuation { paused[id, default: []].append($0) }
    }

    /// Lets agents go on whose spool has room again: a quarter of it, so that they do not stop and go with each ack.
    func resumePaused() {
        for id in paused.keys where outbox[id]?.unacked ?? 0 <= parts.spoolBound / 4 * 3 { resume(id) }
    }

    private func resume(_ id: AttemptID) {
        for waiter in paused.removeValue(forKey: id) ?? [] { waiter.resume() }
    }

    // MARK: Stopped

    /// A leader wants an attempt to end.
    func stop(_ message: TaskStop) {
        guard accepts(epoch: message.epoch, "task.stop", message.task) else { return }
        leaderHeard = .now
        let id = AttemptID(task: message.task, attempt: message.attempt)
        if running[id] != nil { return end(id, .requested(discard: message.discard), grace: message.graceS) }
        if message.discard {
            outbox.drop(id)
            unkept[id] = nil
        }
        changed()
        // The report shows that it is gone, or that its verdict is on the way.
        report()
        schedulePump()
    }

    /// Makes a running attempt end; the first reason counts, but that its events are to be dropped counts always.
    func end(_ id: AttemptID, _ reason: RunningAttempt.Stop, grace: Double) {
        guard let attempt = running[id] else { return }
        if attempt.stop != nil {
            if reason == .requested(discard: true) { running[id]?.stop = reason }
            return
        }
        running[id]?.stop = reason
        running[id]?.grace = grace
        resume(id)
        closeApprovals(of: id)
        guard let run = attempt.run else { return }
        Task { await run.stop(grace: grace) }
    }

    // MARK: Ended

    /// Frees the slot and says so, and only then gives the verdict: who sees the end sees the free slot.
    private func finish(_ id: AttemptID, _ outcome: Outcome) {
        defer { changed() }
        resume(id)
        closeApprovals(of: id)
        approvals.forget(id)
        guard let attempt = running.removeValue(forKey: id) else { return }
        let outcome = attempt.judge(outcome, on: identity.name)
        logger.info(
            "an attempt has ended", metadata: ["task": "\(id.task)", "state": "\(outcome.state)"])
        if attempt.stop == .requested(discard: true) {
            outbox.drop(id)
            return report()
        }
        report()
        conclude(id, verdict(id, outcome))
        schedulePump()
    }

    func verdict(_ id: AttemptID, _ outcome: Outcome) -> TaskFinished {
        TaskFinished(
            task: id.task, attempt: id.attempt, attemptSeq: 0, state: outcome.state, error: outcome.fault,
            exitCode: outcome.exitCode, endedAt: .now())
    }
}

/// Where the events of one attempt go.
struct AttemptSink: TurnSink {
    let id: AttemptID
    let service: ExecutorService

    func emit(_ events: [AgentEvent]) async { await service.emit(events, of: id) }
    var isPaused: Bool { get async { await service.paused[id] != nil } }
    func ask(_ wish: PermissionWish, reply: @escaping Approvals.Reply) async {
        await service.ask(wish, of: id, reply: reply)
    }
    func withdraw(_ request: String) async { await service.withdraw(request, of: id) }
}
