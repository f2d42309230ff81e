import Mesh
import Messages

/// What follows a commit, and messages to executors, through the gateways that have their sessions. A message to an
/// executor that is away is not sent: its next session causes the message again.
extension DispatcherService {
    /// Shows what a batch has changed, which is on disk now: to owners, executors, viewers and the callers that wait.
    func deliver(_ cut: CommitCut) {
        committer.succeeded(cut)
        for part in cut.parts {
            live[part.task]?.show(part)
            if part.machine?.isTerminal == true { live[part.task] = nil }
        }
        for effect in cut.allEffects { send(effect) }
        for (worker, acks) in cut.allAcks { notify(worker, EventsAck(acks: acks)) }
        viewers.assumeIsolated { viewers in
            for part in cut.parts { viewers.publish(part.events) }
        }
        cut.resume()
    }

    private func send(_ effect: Effect) {
        switch effect {
        case .assign(let attempt): sendAssignment(attempt)
        case .stop(let attempt, let worker, let discard):
            notify(
                worker,
                TaskStop(
                    task: attempt.task, attempt: attempt.attempt, epoch: shards.epoch(of: worker.owner),
                    graceS: configuration.stopGraceS, discard: discard))
        case .resync(let attempt, let worker, let from):
            notify(worker, EventsResync(task: attempt.task, attempt: attempt.attempt, from: from))
        case .recorded(let attempt, let worker, let request):
            notify(worker, ApprovalRecorded(task: attempt.task, attempt: attempt.attempt, request: request))
        case .wrapUp(let attempt): sendWrapUp(attempt)
        case .steer(let message): sendSteer(message)
        case .resize(let attempt): sendResize(attempt)
        case .answer(let approval, let worker):
            if let answer = approval.answer(epoch: shards.epoch(of: worker.owner)) { notify(worker, answer) }
        }
    }

    func notify<M: Message>(_ worker: WorkerID, _ message: M) {
        guard let ref = fleet.workers[worker]?.session?.ref, let gateway = gateways[ref.gateway] else { return }
        gateway.send(message, session: ref.number)
    }

    // MARK: Assignments

    /// Sends an attempt to its executor, unless that has changed. What is not in memory is read first: a long prompt, and
    /// the task before it in its conversation.
    func sendAssignment(_ attempt: AttemptID) {
        guard let task = unanswered(attempt) else { return }
        if let prompt = task.prompt, case .read(let follows) = task.follows {
            return sendAssignment(task, follows: follows, prompt: prompt)
        }
        let record = task.machine.record
        Task(executorPreference: reactor) { await self.readAssignment(record) }
    }

    /// Returns the task of an attempt that its executor has not answered.
    func unanswered(_ attempt: AttemptID) -> LiveTask? {
        guard let task = live[attempt.task], task.machine.record.attemptID == attempt,
            task.machine.record.state == .assigned, !task.machine.isEnding
        else { return nil }
        return task
    }

    private func readAssignment(_ record: TaskRecord) async {
        do {
            let (follows, prompt) = try await store.assignment(record)
            guard let task = unanswered(record.attemptID) else { return }
            task.follows = .read(follows)
            sendAssignment(task, follows: follows, prompt: prompt)
        } catch {
            // The assignment is repeated, and read again then.
            logger.error("a task could not be read", metadata: ["task": "\(record.id)", "error": "\(error)"])
        }
    }

    private func sendAssignment(_ task: LiveTask, follows: TaskID?, prompt: String) {
        let record = task.machine.record
        guard let worker = WorkerID(serving: record.queue) else { return }
        let history = task.history?.attempt == record.attempt ? task.history?.history : nil
        notify(
            worker,
            TaskAssign(
                task: record.id, attempt: record.attempt, epoch: shards.epoch(of: record.owner),
                leaseS: task.machine.policy.leaseS, conversation: record.conversation, agent: record.agent,
                prompt: prompt, cwd: record.cwd, trace: record.trace, permissionMode: record.choices.permissionMode,
                background: record.choices.background, terminal: record.terminal,
                splitOutput: record.splitOutput ? true : nil, resumes: record.resumes ? true : nil,
                follows: follows, history: history?.items,
                historyLeftOut: history.flatMap { $0.leftOut > 0 ? $0.leftOut : nil }))
    }
}
