import Messages

/// A permission request as its owner sees it; fields without a value are `null`.
struct ApprovalJSON: Encodable {
    var approval: ApprovalView

    init(_ approval: ApprovalView) { self.approval = approval }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(approval.id, forKey: .id)
        try container.encode(approval.task, forKey: .task)
        try container.encode(approval.attempt, forKey: .attempt)
        try container.encode(approval.conversation, forKey: .conversation)
        try container.encode(approval.device, forKey: .device)
        try container.encode(approval.deviceName, forKey: .deviceName)
        try container.encode(approval.tool, forKey: .tool)
        try container.encode(approval.title, forKey: .title)
        try container.encode(approval.input, forKey: .input)
        try container.encode(approval.rule, forKey: .rule)
        try container.encode(approval.state, forKey: .state)
        try container.encode(approval.scope, forKey: .scope)
        try container.encode(approval.message, forKey: .message)
        try container.encode(approval.requestedAt, forKey: .requestedAt)
        try container.encode(approval.expiresAt, forKey: .expiresAt)
        try container.encode(approval.resolvedAt, forKey: .resolvedAt)
        try container.encode(approval.resolvedBy, forKey: .resolvedBy)
    }

    private enum Key: String, CodingKey {
        case id, attempt, tool, title, input, rule, state, scope, message
        case task = "task_id"
        case conversation = "conversation_id"
        case device = "device_id"
        case deviceName = "device_name"
        case requestedAt = "requested_at"
        case expiresAt = "expires_at"
        case resolvedAt = "resolved_at"
        case resolvedBy = "resolved_by"
    }
}
