/// A conversation over HTTP: the fields of ``ConversationView``, with `null` for those without a value. A reader
/// ignores fields that it does not know.
public struct ConversationBody: Codable, Sendable, Equatable {
    /// The conversation.
    public var view: ConversationView

    public init(_ view: ConversationView) { self.view = view }

    public init(from decoder: any Decoder) throws { view = try ConversationView(from: decoder) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ConversationView.CodingKeys.self)
        try container.encode(view.id, forKey: .id)
        try container.encode(view.title, forKey: .title)
        try container.encode(view.createdAt, forKey: .createdAt)
        try container.encode(view.updatedAt, forKey: .updatedAt)
        try container.encode(view.tasks, forKey: .tasks)
        try container.encode(view.lastTask, forKey: .lastTask)
        try container.encode(view.state, forKey: .state)
        try container.encode(view.device, forKey: .device)
        try container.encode(view.deviceName, forKey: .deviceName)
    }
}

/// The body of `PATCH /conversations/{conversation}`: a JSON merge patch (RFC 7396).
public struct ConversationPatchBody: Codable, Sendable, Equatable {
    /// 1 to 200 characters, not all blank; ``Patch/clear`` = the beginning of the first prompt.
    public var title: Patch<String>

    public init(title: Patch<String> = .absent) { self.title = title }

    public init(from decoder: any Decoder) throws {
        title = try decoder.container(keyedBy: Key.self).patch(String.self, forKey: .title)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(title, forKey: .title)
    }

    private enum Key: String, CodingKey { case title }
}
