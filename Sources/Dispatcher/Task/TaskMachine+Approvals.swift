import Messages

/// The permission requests of the newest attempt. Each change is a row and an event of the same commit, and the `state`
/// event that says whether the task waits for a person.
extension TaskMachine {
    /// Its agent asks; nothing when that is known already. Before it call ``started(attempt:now:)``.
    mutating func asked(_ request: ApprovalRequest, id: ApprovalID, expiresAt: Timestamp, now: Timestamp)
        -> [TaskAction]
    {
        guard record.state == .running, request.attempt == record.attempt, approvals[request.request] == nil else {
            return []
        }
        let approval = Approval(
            id: id, owner: record.owner, attempt: record.attemptID, request: request.request,
            conversation: record.conversation, device: record.device, deviceName: record.deviceName,
            tool: request.tool, title: request.title, input: request.input, rule: request.rule, requestedAt: now,
            expiresAt: expiresAt)
        return put(approval, .permissionRequest, now: now) + waits(now)
    }

    /// A person answers; nothing when that makes no difference.
    mutating func decided(_ decide: ApprovalDecide, now: Timestamp) -> [TaskAction] {
        guard var approval = approvals.open(decide.approval), approval.decide(decide, now: now) == .counts else {
            return []
        }
        return put(approval, .permissionResolved, now: now) + waits(now)
    }

    /// The time of a request is over.
    mutating func expired(_ request: String, now: Timestamp) -> [TaskAction] {
        guard var approval = approvals.open[request], approval.expire(now: now) else { return [] }
        return put(approval, .permissionResolved, now: now) + waits(now)
    }

    /// The agent has its answer, or does not wait for one.
    mutating func closed(_ request: String, now: Timestamp) -> [TaskAction] {
        guard let approval = approvals.open[request] else { return [] }
        return abandon(approval, now: now) + waits(now)
    }

    /// The attempt ends: whatever is open is abandoned. The `state` event that follows says that nothing is waited for.
    mutating func abandonApprovals(now: Timestamp) -> [TaskAction] {
        let actions = approvals.open.values.sorted { $0.id < $1.id }.flatMap { abandon($0, now: now) }
        _ = setWaiting(for: nil)
        return actions
    }

    private mutating func abandon(_ approval: Approval, now: Timestamp) -> [TaskAction] {
        var approval = approval
        guard approval.abandon(now: now) else { return [] }
        guard approval.state == .abandoned else {
            approvals.put(approval)
            return [.approval(approval)]
        }
        return put(approval, .permissionResolved, now: now)
    }

    private mutating func put(_ approval: Approval, _ kind: EventKind, now: Timestamp) -> [TaskAction] {
        approvals.put(approval)
        // A value that was decoded from JSON can be encoded.
        let payload = (try? Wire.encode(approval.view)) ?? Array("{}".utf8)
        return [.approval(approval), event(kind, payload, now: now)]
    }

    /// Says so when it begins or ceases to wait.
    private mutating func waits(_ now: Timestamp) -> [TaskAction] {
        setWaiting(for: approvals.pending > 0 ? .approval : nil) ? [note(now)] : []
    }
}
