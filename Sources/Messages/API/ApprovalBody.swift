/// A permission request over HTTP: the fields of ``ApprovalView``, with `null` for those without a value. A reader
/// ignores fields that it does not know.
public struct ApprovalBody: Codable, Sendable, Equatable {
    /// The permission request.
    public var view: ApprovalView

    public init(_ view: ApprovalView) { self.view = view }

    public init(from decoder: any Decoder) throws { view = try ApprovalView(from: decoder) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ApprovalView.CodingKeys.self)
        try container.encode(view.id, forKey: .id)
        try container.encode(view.task, forKey: .task)
        try container.encode(view.attempt, forKey: .attempt)
        try container.encode(view.conversation, forKey: .conversation)
        try container.encode(view.device, forKey: .device)
        try container.encode(view.deviceName, forKey: .deviceName)
        try container.encode(view.tool, forKey: .tool)
        try container.encode(view.title, forKey: .title)
        try container.encode(view.input, forKey: .input)
        try container.encode(view.inputCut ?? false, forKey: .inputCut)
        try container.encode(view.rule, forKey: .rule)
        try container.encode(view.options, forKey: .options)
        try container.encode(view.questions, forKey: .questions)
        try container.encode(view.state, forKey: .state)
        try container.encode(view.scope, forKey: .scope)
        try container.encode(view.message, forKey: .message)
        try container.encode(view.option, forKey: .option)
        try container.encode(view.updatedInput, forKey: .updatedInput)
        try container.encode(view.answers, forKey: .answers)
        try container.encode(view.requestedAt, forKey: .requestedAt)
        try container.encode(view.expiresAt, forKey: .expiresAt)
        try container.encode(view.resolvedAt, forKey: .resolvedAt)
        try container.encode(view.resolvedBy, forKey: .resolvedBy)
    }
}
