import Messages

/// What an attempt's agent has begun and not ended, as its events show it; the dispatcher ends it with the attempt, so that
/// no viewer shows it as running for ever.
///
/// Bounded: beyond ``DispatcherLimits/openCalls`` further calls are not remembered, and so not ended.
struct OpenWork: Sendable, Equatable, Codable {
    /// The agent's ids of the tool calls that have not ended, in the order of their begin.
    private(set) var calls: [String] = []
    /// The seq of the newest plan, when one of its steps is in progress.
    private(set) var plan: UInt64?

    var isEmpty: Bool { calls.isEmpty && plan == nil }

    /// Takes an event of the attempt that has its seq.
    mutating func take(_ event: Event) {
        switch event.kind {
        case .toolCall, .toolCallUpdate: takeCall(event)
        case .plan: plan = Self.isInProgress(event.payload) ? event.seq : nil
        default: break
        }
    }

    private mutating func takeCall(_ event: Event) {
        let texts = JSONScan.texts(["toolCallId", "status"], in: event.payload)
        guard let id = texts[0], !id.isEmpty, id.utf8.count <= DispatcherLimits.openCallName else { return }
        switch texts[1] {
        case "completed", "failed": calls.removeAll { $0 == id }
        // An update without a status changes none.
        case nil where event.kind == .toolCallUpdate: break
        default:
            guard calls.count < DispatcherLimits.openCalls, !calls.contains(id) else { return }
            calls.append(id)
        }
    }

    /// Whether a step of a plan is in progress. A plan over ``DispatcherLimits/openPlan`` counts as such unread.
    private static func isInProgress(_ payload: [UInt8]) -> Bool {
        guard payload.count <= DispatcherLimits.openPlan else { return true }
        return (try? PlanPayload(reading: payload))?.entries.contains { $0.status == "in_progress" } == true
    }

    /// Returns a plan whose steps in progress are pending again; one that cannot be read, or is over
    /// ``DispatcherLimits/openPlan``, becomes an empty one.
    static func stopped(_ plan: [UInt8]) -> PlanPayload {
        guard plan.count <= DispatcherLimits.openPlan, var stopped = try? PlanPayload(reading: plan) else {
            return PlanPayload(entries: [])
        }
        for index in stopped.entries.indices where stopped.entries[index].status == "in_progress" {
            stopped.entries[index].status = "pending"
        }
        return stopped
    }
}
