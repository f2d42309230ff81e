import Messages

/// What the live line below a running task tells, as a value.
struct StatusLine: Sendable, Equatable {
    var state = TaskState.queued
    /// The device's name; nil for the cloud before it has an executor.
    var device: String?
    var slots: Slots?
    /// From 1, while queued.
    var queuePosition: Int?
    var reason: WaitReason?
    /// Set while the device is away.
    var stalled: Stall?
    /// What the connection to the gateway is doing, when that is not simply fine.
    var trouble: String?
    /// Whether somebody asked for the end.
    var cancelling = false
    /// What it waits for while it runs.
    var waitingFor: WaitingFor?
    /// The question that is open at this terminal; it takes the place of everything else.
    var question: ApprovalPrompt?
    /// The question is too new to take an answer.
    var isDeaf = false

    /// Takes in what a `state` event says.
    mutating func take(_ event: TaskEvent) {
        guard let state = event.state else { return }
        self.state = state
        if let name = event.data["device_name"]?.string { device = name }
        queuePosition = state == .queued ? event.data["queue_position"]?.number.map { Int($0) } : nil
        reason = state == .queued ? event.data["reason"]?.string.map(WaitReason.init(rawValue:)) : nil
        waitingFor = event.data["waiting_for"]?.string.map(WaitingFor.init(rawValue:))
        stalled = event.data["stalled"].flatMap { try? Backend.decoder.decode(Stall.self, from: $0.bytes.data) }
    }

    /// Takes in what the gateway says of the task.
    mutating func take(_ task: TaskView) {
        state = task.state
        device = task.deviceName ?? task.device ?? device
        (queuePosition, reason, stalled) = (task.queuePosition, task.reason, task.stalled)
        waitingFor = task.waitingFor
        if task.cancelRequestedAt != nil { cancelling = true }
    }

    /// The line, short enough not to wrap.
    func text(elapsed: Double, now: Timestamp, width: Int, paint: Paint) -> String {
        if let question { return paint.yellow("▸ \(question.text(max(0, width - 3), isDeaf: isDeaf))") }
        var parts = [PlainSight.line(device ?? "cloud")]
        if let slots { parts.append("\(slots.used)/\(slots.total) slots") }
        parts.append(activity(now))
        parts.append(Elapsed.clock(elapsed))
        if let trouble { parts.append(trouble) } else if !cancelling { parts.append("Ctrl-C cancels") }
        let line = TextWidth.fit(parts.joined(separator: " · "), max(0, width - 3))
        return paint.dim("▸ \(line)")
    }

    private func activity(_ now: Timestamp) -> String {
        if let stalled {
            let lost = "connection lost \(Int(max(0, now.seconds(since: stalled.since)))) s ago"
            func left(_ time: Timestamp) -> Int { Int(max(0, time.seconds(since: now))) }
            if let time = stalled.failsAt { return "\(lost), fails in \(left(time)) s" }
            if let time = stalled.requeuesAt { return "\(lost), starts anew in \(left(time)) s" }
            return "\(lost), waits for it"
        }
        if cancelling { return "cancelling" }
        if waitingFor == .approval { return "waiting for approval" }
        guard state == .queued else { return state.rawValue }
        let place = queuePosition.map { ", place \($0)" } ?? ""
        return "queued\(place)" + (reason.map { ": \($0.sentence)" } ?? "")
    }
}

extension WaitReason {
    /// The reason for people.
    var sentence: String {
        switch self {
        case .deviceBusy: "all slots in use"
        case .conversationBusy: "its conversation is busy"
        case .deviceOffline: "the device is offline"
        case .deviceDraining: "the device takes no new work"
        case .noCloudExecutor: "no cloud executor is connected"
        default: rawValue.split(separator: "_").joined(separator: " ")
        }
    }
}
