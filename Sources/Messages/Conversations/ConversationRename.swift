/// Gives a conversation a title.
public struct ConversationRename: Request, Equatable {
    public typealias Reply = ConversationView
    public static let type = "conversation.rename"
    /// Whose.
    public var owner: UserID
    /// Which.
    public var conversation: ConversationID
    /// 1 to 200 characters; nil = the beginning of its first prompt again.
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
