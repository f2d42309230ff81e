import Messages

/// The newest attempt's permission requests. Each change commits a row and an event, and a `state` event when the task
/// begins or ceases to wait for a person.
extension TaskMachine {
    /// The agent requests a permission; nothing when the request is known. Before it call ``started(attempt:now:)``.
    mutating func requested(_ request: ApprovalRequest, id: ApprovalID, expiresAt: Timestamp, now: Timestamp)
        -> [TaskAction]
    {
        guard record.state == .running, request.attempt == record.attempt, approvals[request.request] == nil else {
            return []
        }
        let approval = ApprovalRecord(
            id: id, owner: record.owner, attempt: record.attemptID, request: request.request,
            conversation: record.conversation, device: record.device, deviceName: record.deviceName,
            tool: request.tool, title: request.title, input: request.input, isInputCut: request.inputCut ?? false,
            rule: request.rule, options: request.options, questions: request.questions, requestedAt: now,
            expiresAt: expiresAt)
        return put(approval, .permissionRequest, now: now) + updateWaiting(now)
    }

    /// A person decides; nothing when that changes nothing.
    mutating func decided(_ decide: ApprovalDecide, now: Timestamp) -> [TaskAction] {
        guard var approval = approvals.open(decide.approval), approval.decide(decide, now: now) == .counts else {
            return []
        }
        return put(approval, .permissionResolved, now: now) + updateWaiting(now)
    }

    /// The time of a request is over.
    mutating func expired(_ request: String, now: Timestamp) -> [TaskAction] {
        guard var approval = approvals.open[request], approval.expire(now: now) else { return [] }
        return put(approval, .permissionResolved, now: now) + updateWaiting(now)
    }

    /// The executor closed a request: its agent has the answer, or withdrew the request.
    mutating func closed(_ request: String, now: Timestamp) -> [TaskAction] {
        guard let approval = approvals.open[request] else { return [] }
        return close(approval, now: now) + updateWaiting(now)
    }

    /// The attempt ends: closes its open requests. The `state` event that follows shows that it waits for nothing.
    mutating func abandonApprovals(now: Timestamp) -> [TaskAction] {
        let actions = approvals.open.values.sorted { $0.id < $1.id }.flatMap { close($0, now: now) }
        _ = setWaiting(for: nil)
        return actions
    }

    /// Abandons a pending request; marks an answered one as delivered.
    private mutating func close(_ approval: ApprovalRecord, now: Timestamp) -> [TaskAction] {
        var approval = approval
        if approval.abandon(now: now) { return put(approval, .permissionResolved, now: now) }
        guard approval.deliver() else { return [] }
        approvals.put(approval)
        return [.approval(approval)]
    }

    private mutating func put(_ approval: ApprovalRecord, _ kind: EventKind, now: Timestamp) -> [TaskAction] {
        approvals.put(approval)
        return [.approval(approval), event(kind, approval.view.bytes, now: now)]
    }

    private mutating func updateWaiting(_ now: Timestamp) -> [TaskAction] {
        setWaiting(for: approvals.pending > 0 ? .approval : nil) ? [stateEvent(now)] : []
    }
}
