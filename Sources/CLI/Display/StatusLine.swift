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
    /// What the task waits for.
    var waitingFor: WaitingFor?
    /// Details of that.
    var waiting: Waiting?
    /// The agent's last request to its model, while it failed and is repeated.
    private var retry: Retry?
    /// The open question, which replaces everything else.
    var question: ApprovalQuestion?
    /// Whether the question takes no answer yet: it is too new, or the person is typing a message.
    var isQuestionNew = false

    private struct Retry: Sendable, Equatable {
        var request: ModelRetry
        /// When the failure was reported.
        var since: Timestamp
    }

    /// Updates the status from an event.
    mutating func take(_ event: EventBody) {
        if event.eventKind == .log {
            guard let request = event.payload(LogPayload.self)?.retry else { return }
            retry = Retry(request: request, since: event.time)
        } else {
            retry = nil
        }
        guard let change = event.stateChange else { return }
        state = change.state
        device = change.deviceName ?? device
        (queuePosition, reason, stalled) = (change.queuePosition, change.reason, change.stalled)
        (waitingFor, waiting) = (change.waitingFor, change.waiting)
    }

    /// Updates the status from the gateway's view of the task.
    mutating func take(_ task: TaskView) {
        state = task.state
        device = task.deviceName ?? task.device ?? device
        (queuePosition, reason, stalled) = (task.queuePosition, task.reason, task.stalled)
        (waitingFor, waiting) = (task.waitingFor, task.waiting)
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
        if waitingFor == .background || waitingFor == .limit { return wait(now) }
        if state == .running, let retry { return "running, \(Self.text(retry, now))" }
        guard state == .queued else { return state.rawValue }
        let place = queuePosition.map { ", place \($0)" } ?? ""
        return "queued\(place)" + (reason.map { ": \($0.sentence)" } ?? "")
    }
}

extension StatusLine {
    /// The most columns that the description of background work takes.
    private static let longestWork = 60

    /// `background work for 0:12: npm run dev`, `usage limit for 3.2 s, continues in 12 min`.
    private func wait(_ now: Timestamp) -> String {
        var text = waitingFor == .limit ? "usage limit" : "background work"
        guard let waiting else { return text }
        text += " for \(Elapsed.clock(now.seconds(since: waiting.since)))"
        if let until = waiting.until {
            let left = until.seconds(since: now)
            text += left > 0 ? ", continues \(Elapsed.until(left))" : ", continues now"
        }
        guard let what = waiting.what else { return text }
        return "\(text): \(TextWidth.fit(TerminalEscaping.line(what), Self.longestWork))"
    }

    /// `retry 2 of 10 in 4 s (status 529)`.
    private static func text(_ retry: Retry, _ now: Timestamp) -> String {
        let request = retry.request
        var text = "retry \(request.attempt)" + (request.of.map { " of \($0)" } ?? "")
        if let wait = request.waitS {
            let left = wait - now.seconds(since: retry.since)
            if left > 0 { text += " in \(Elapsed.clock(left))" }
        }
        return text + (request.status.map { " (status \($0))" } ?? "")
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
