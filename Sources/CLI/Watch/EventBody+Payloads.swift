import Messages

/// An event as the CLI reads it.
extension EventBody {
    private static let kinds = Dictionary(uniqueKeysWithValues: EventKind.all.map { ($0.description, $0) })

    /// The kind; nil when this version does not know it.
    var eventKind: EventKind? { Self.kinds[kind] }

    /// The payload of a `permission_request` or `permission_resolved` event; nil for other kinds.
    var approval: ApprovalView? {
        guard eventKind == .permissionRequest || eventKind == .permissionResolved else { return nil }
        return payload(ApprovalView.self)
    }

    /// The payload of a `state` event; nil for other kinds.
    var stateChange: StatePayload? { eventKind == .state ? payload(StatePayload.self) : nil }

    /// How the task ended; nil before its last event.
    var taskEnd: TaskEnd? {
        guard let stateChange, stateChange.state.isTerminal else { return nil }
        return TaskEnd(state: stateChange.state, error: stateChange.error)
    }
}
