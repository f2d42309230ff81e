/// Sets a conversation's title.
public struct ConversationRename: Request, Equatable {
    public typealias Reply = ConversationView
    public static let type = "conversation.rename"
    /// The owner.
    public var owner: UserID
    /// The conversation.
    public var conversation: ConversationID
    /// 1 to 200 characters; nil = the beginning of its first prompt.
    public var title: String?

    public init(owner: UserID, conversation: ConversationID, title: String? = nil) {
        self.owner = owner
        self.conversation = conversation
        self.title = title
    }

    enum CodingKeys: String, CodingKey {
        case owner, title
        case conversation = "conversation_id"
    }
}
