import Mesh
import Messages

/// What goes out to executors, through the gateways that have their sessions. A message to a device that is away is
/// not sent: its session's return brings it about again.
extension DispatcherService {
    /// Carries out an effect.
    func send(_ effect: Effect) {
        switch effect {
        case .assign(let attempt): assign(attempt)
        case .stop(let attempt, let key, let discard):
            notify(
                key,
                TaskStop(
                    task: attempt.task, attempt: attempt.attempt, epoch: log.epoch,
                    graceS: configuration.stopGraceS, discard: discard))
        case .resync(let attempt, let key, let from):
            notify(key, EventsResync(task: attempt.task, attempt: attempt.attempt, from: from))
        case .recorded(let attempt, let key, let request):
            notify(key, ApprovalRecorded(task: attempt.task, attempt: attempt.attempt, request: request))
        case .answer(let approval, let key):
            if let answer = approval.answer(epoch: log.epoch) { notify(key, answer) }
        }
    }

    /// Acknowledges what is on disk.
    func send(_ acks: [AttemptID: UInt64], to key: QueueKey) {
        notify(key, EventsAck(acks: acks.map { AttemptAck(task: $0.task, attempt: $0.attempt, seq: $1) }))
    }

    private func notify<M: Message>(_ key: QueueKey, _ message: M) {
        guard let ref = fleet.places[key]?.session?.ref, let gateway = gateways[ref.gateway] else { return }
        gateway.send(message, session: ref.number)
    }

    /// Gives an attempt to its device, if it still is to have it; a long prompt is read first.
    private func assign(_ attempt: AttemptID) {
        guard let task = live[attempt.task], task.machine.record.attemptID == attempt,
            task.machine.record.state == .assigned, task.machine.record.cancelRequestedAt == nil
        else { return }
        let record = task.machine.record
        if let prompt = task.prompt { return assign(record, prompt: prompt) }
        Task(executorPreference: reactor) { await self.assignLong(record) }
    }

    private func assignLong(_ record: TaskRecord) async {
        do {
            let prompt = try await log.prompt(of: record.ordinal)
            guard let now = live[record.id]?.machine.record, now.attemptID == record.attemptID, now.state == .assigned,
                now.cancelRequestedAt == nil
            else { return }
            assign(record, prompt: prompt)
        } catch {
            // The assign is repeated, and the prompt read again then.
            logger.error("a prompt could not be read", metadata: ["task": "\(record.id)", "error": "\(error)"])
        }
    }

    private func assign(_ record: TaskRecord, prompt: String) {
        notify(
            record.queue,
            TaskAssign(
                task: record.id, attempt: record.attempt, epoch: log.epoch, leaseS: policy(record.choices).leaseS,
                conversation: record.conversation, agent: record.agent, prompt: prompt, cwd: record.cwd,
                trace: record.trace))
    }
}
