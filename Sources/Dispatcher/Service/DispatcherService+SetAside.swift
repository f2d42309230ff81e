import Messages

/// A row that the store refuses: only the task that it belongs to goes back to what is on disk, and its callers are told. All
/// others of the batch are committed.
extension DispatcherService {
    /// Commits the parts of a refused batch in halves, down to the one with the refused row.
    func commitApart(_ cut: CommitCut, _ error: any Error) async {
        var left = cut.parts.count > 1 ? Array(cut.halves().reversed()) : []
        if left.isEmpty { await refuse(cut, error, &left) }
        while let next = left.popLast() {
            do {
                try await write(next.batch)
                deliver(next)
            } catch  where isRefusal(error) && !next.parts.isEmpty {
                if next.parts.count > 1 { left += next.halves().reversed() } else { await refuse(next, error, &left) }
            } catch {
                var rest = next
                for other in left { rest.parts += other.parts }
                return await recover(from: error, rest)
            }
        }
    }

    /// Sets the only part of a batch aside, unless the renewal beside it was refused.
    private func refuse(_ cut: CommitCut, _ error: any Error, _ left: inout [CommitCut]) async {
        var rest = cut
        if cut.renews {
            // Which of the two was refused is not known yet.
            rest.renews = false
            left.append(rest)
            rest.renews = true
            rest.parts = []
            rest.effects = []
            left.append(rest)
            return
        }
        setAside(cut.parts[0], error)
        rest.parts = []
        deliver(rest)
    }

    private func setAside(_ part: CommitPart, _ error: any Error) {
        logger.error(
            "the store refused what a task has to write", metadata: ["task": "\(part.task)", "error": "\(error)"])
        let fault = Fault(
            .storageFailed,
            "the task store refused a change of task \(part.task), and nothing of it was changed; try again later, and if "
                + "that does not help, look for the reason in the dispatcher's log")
        let waiting = committer.setAside(part.task)
        for waiter in part.waiters + (waiting?.waiters ?? []) { waiter.resume(throwing: fault) }
        if let creation = part.creation { recent.forget(part.task, key: creation.key) }
        if let task = live[part.task] { goBack(task, because: fault) }
        settle()
    }

    /// Takes a task back to what is on disk, as if it had just been loaded. One that is not on disk is forgotten.
    private func goBack(_ task: LiveTask, because fault: Fault) {
        forget(task)
        logUsage.add(
            (task.stored?.record.logBytes ?? 0) - task.machine.record.logBytes, of: task.machine.record.owner)
        guard let stored = task.stored, task.refusedCommits < DispatcherLimits.refusedCommits else {
            if task.stored != nil {
                logger.critical(
                    "a task is left alone until the next start: the store refuses even its end",
                    metadata: ["task": "\(task.machine.record.id)"])
            }
            return
        }
        let again = LiveTask(stored, visible: stored.record, prompt: task.prompt)
        again.refusedCommits = task.refusedCommits + 1
        again.follows = task.follows
        again.shownStall = task.shownStall
        again.machine.resyncAt = nil
        insert(again)
        setApprovalDeadlines(again)
        let id = stored.record.id
        if again.refusedCommits == DispatcherLimits.refusedCommits {
            return update(id) { $0.fail(fault, now: clock.wall()) }
        }
        if stored.record.state == .queued { positions.add(id) }
        resume(again)
    }

    /// Lets the executor of a task that was taken back send again what is not on disk.
    private func resume(_ task: LiveTask) {
        let record = task.machine.record
        guard task.machine.isPlaced, let worker = WorkerID(serving: record.queue) else { return }
        guard fleet.isConnected(record.queue) else {
            let now = clock.wall()
            let absence = Absence(task.machine.policy, since: record.stalledAt ?? now, now: now)
            if record.stalledAt == nil { update(record.id) { $0.stalled(absence.stall, publish: true, now: now) } }
            if let left = absence.leftMs { deadlines.set(.grace(record.id), at: clock.monotonic() + left) }
            return
        }
        sendAnswers(of: task)
        wrapUp(record.id)
        if task.machine.isEnding { stop(record) } else if record.state == .assigned { assign(record) }
        committer.send(.resync(record.attemptID, worker, from: record.attemptSeq + 1))
    }

    /// Removes a task from memory, wherever it is.
    private func forget(_ task: LiveTask) {
        let record = task.machine.record
        live[record.id] = nil
        if record.state == .queued { shards[record.owner]?.countQueued(record.owner, -1) }
        let next = shards[record.owner]?.lines.leave(record.id, conversation: record.conversation)
        if let next, let other = live[next] { changedQueues.insert(other.machine.record.queue) }
        fleet.queue(record.queue) { $0.remove(record.queueEntry) }
        fleet.slots(record.queue) { $0.release(record.attemptID, confirmed: true) }
        changedQueues.insert(record.queue)
        failSteers(of: record)
        for key in [
            DeadlineKey.assign(record.id), .cancel(record.id), .grace(record.id), .expiry(record.id), .limit(record.id),
            .idle(record.id), .reset(record.id), .wrapUp(record.id), .stop(record.attemptID),
        ] { deadlines.cancel(key) }
        for approval in task.machine.approvals.open.values {
            deadlines.cancel(.approval(approval.attempt, approval.request))
        }
    }
}
