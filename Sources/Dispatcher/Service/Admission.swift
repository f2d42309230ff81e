import Messages

/// Decides whether a submission becomes a task: a pure function of what is known. Memory changes only when it does.
struct Admission {
    let submit: TaskSubmit
    let prior: PriorSubmission
    let retryOf: TaskID?
    let trace: TraceID
    let configuration: DispatcherConfiguration
    let now: Timestamp

    /// Returns the new task, and gives it its place in the order of acceptance.
    /// - Throws: ``Fault`` `conversation_not_found`, `task_not_found`, `queue_full`, or as ``Placement`` and ``Suitability``.
    func accept(_ shard: inout Shard, _ fleet: Fleet) throws -> TaskRecord {
        let conversation = submit.conversation ?? ConversationID.generate(at: now)
        try check(conversation, shard)
        // A repeated task keeps its choices, whatever its owner's defaults are now.
        let choices = configuration.resolve(submit.choices, defaults: retryOf == nil ? prior.defaults : Choices())
        let policy = configuration.policy(choices)
        let placement = try place(policy, conversationIsBusy: shard.lines.first(in: conversation) != nil, fleet)
        if let fault = fleet.refusal(submit, mode: choices.permissionMode, queue: placement.queue) { throw fault }
        guard shard.queued(submit.owner) < Limits.queuePerUser else {
            throw Fault(
                .queueFull, "\(Limits.queuePerUser) tasks are queued already; wait for some to end or cancel them")
        }
        let (ordinal, acceptedMs) = shard.accept(at: now)
        var record = TaskRecord(
            ordinal: ordinal, id: submit.task, owner: submit.owner, target: submit.target, placement: placement,
            conversation: conversation, agent: submit.agent, excerpt: Submission.excerpt(submit.prompt),
            cwd: submit.cwd, terminal: submit.terminal, splitOutput: submit.splitOutput ?? false,
            trace: trace == .none ? nil : trace.description, createdAt: now, choices: choices,
            retryOf: retryOf, rank: acceptedMs + Policy.delayMs(policy.priority), queuedAt: now)
        record.deviceName = fleet.places[placement.queue]?.device?.name
        return record
    }

    private func check(_ conversation: ConversationID, _ shard: Shard) throws {
        let owner = shard.lines.owner(of: conversation) ?? prior.conversationOwner
        if let owner, owner != submit.owner {
            throw Fault(.conversationNotFound, "there is no conversation \(conversation)")
        }
        // A retry must not bring back a conversation that was deleted after the old task was read.
        if let retryOf, shard.isDeleting(conversation) || owner == nil { throw Fault.noTask(retryOf) }
        guard !prior.isDeleting, !shard.isDeleting(conversation) else {
            throw Fault(
                .conflict,
                "conversation \(conversation) is being deleted; submit the task without it, or try again later")
        }
    }

    private func place(_ policy: Policy, conversationIsBusy: Bool, _ fleet: Fleet) throws -> TaskPlacement {
        let question = Placement.Question(
            owner: submit.owner, target: submit.target, device: nil, isNew: true,
            conversationIsBusy: conversationIsBusy, ifOffline: policy.ifOffline, graceMs: policy.graceMs)
        switch Placement.decide(question, fleet: fleet, now: now) {
        case .fail(let fault): throw fault
        case .device(let queue), .wait(let queue, _):
            return TaskPlacement(queue: queue, reason: submit.target == .defaultDevice ? .defaultDevice : .requested)
        }
    }
}
