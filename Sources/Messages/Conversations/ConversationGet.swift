/// Returns one conversation. `conversation_not_found` when the owner has none of this id.
public struct ConversationGet: Request, Equatable {
    public typealias Reply = ConversationView
    public static let type = "conversation.get"
    /// The owner.
    public var owner: UserID
    /// The conversation.
    public var conversation: ConversationID

    public init(owner: UserID, conversation: ConversationID) {
        self.owner = owner
        self.conversation = conversation
    }

    enum CodingKeys: String, CodingKey {
        case owner
        case conversation = "conversation_id"
    }
}
