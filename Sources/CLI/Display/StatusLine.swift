import Messages

/// The live status line below a running task, as a value.
struct StatusLine: Sendable, Equatable {
    var state = TaskState.queued
    /// The device's name; nil for a cloud task without an executor yet.
    var device: String?
    var slots: Slots?
    /// From 1, while queued.
    var queuePosition: Int?
    var reason: WaitReason?
    /// Set while the device is disconnected.
    var stalled: Stall?
    /// The state of a lost connection to the gateway.
    var connectionProblem: String?
    /// Whether cancellation was requested.
    var isCancelling = false
    /// What the task waits for while it runs.
    var waitingFor: WaitingFor?
    /// The open question, which replaces everything else.
    var question: ApprovalQuestion?
    /// Whether the question is too new to take an answer.
    var isQuestionNew = false

    /// Updates the status from a `state` event.
    mutating func take(_ event: EventBody) {
        guard let change = event.stateChange else { return }
        state = change.state
        device = change.deviceName ?? device
        (queuePosition, reason, stalled) = (change.queuePosition, change.reason, change.stalled)
        waitingFor = change.waitingFor
    }

    /// Updates the status from the gateway's view of the task.
    mutating func take(_ task: TaskView) {
        state = task.state
        device = task.deviceName ?? task.device ?? device
        (queuePosition, reason, stalled) = (task.queuePosition, task.reason, task.stalled)
        waitingFor = task.waitingFor
        if task.cancelRequestedAt != nil { isCancelling = true }
    }

    /// The line, at least one column shorter than `width` so that it does not wrap.
    func text(elapsed: Double, now: Timestamp, width: Int, style: TextStyle) -> String {
        if let question { return style.yellow("▸ \(question.text(max(0, width - 3), isNew: isQuestionNew))") }
        var parts = [TerminalEscaping.line(device ?? "cloud")]
        if let slots { parts.append("\(slots.used)/\(slots.total) slots") }
        parts.append(activity(now))
        parts.append(Elapsed.clock(elapsed))
        if let connectionProblem {
            parts.append(connectionProblem)
        } else if !isCancelling {
            parts.append("Ctrl-C cancels")
        }
        let line = TextWidth.fit(parts.joined(separator: " · "), max(0, width - 3))
        return style.dim("▸ \(line)")
    }

    private func activity(_ now: Timestamp) -> String {
        if let stalled {
            let lost = "connection lost \(Int(max(0, now.seconds(since: stalled.since)))) s ago"
            func left(_ time: Timestamp) -> Int { Int(max(0, time.seconds(since: now))) }
            if let time = stalled.failsAt { return "\(lost), fails in \(left(time)) s" }
            if let time = stalled.requeuesAt { return "\(lost), restarts in \(left(time)) s" }
            return "\(lost), waiting for the device"
        }
        if isCancelling { return "cancelling" }
        if waitingFor == .approval { return "waiting for approval" }
        guard state == .queued else { return state.rawValue }
        let place = queuePosition.map { ", place \($0)" } ?? ""
        return "queued\(place)" + (reason.map { ": \($0.sentence)" } ?? "")
    }
}

extension WaitReason {
    /// The reason as text for people.
    var sentence: String {
        switch self {
        case .deviceBusy: "all slots in use"
        case .conversationBusy: "another task of its conversation has not ended"
        case .deviceOffline: "the device is offline"
        case .deviceDraining: "the device accepts no new tasks"
        case .noCloudExecutor: "no cloud executor is connected"
        default: rawValue.split(separator: "_").joined(separator: " ")
        }
    }
}
