/// Deletes a conversation with its tasks, their events and their permission requests. `conflict` while one of its
/// tasks has not ended.
public struct ConversationDelete: Request, Equatable {
    public typealias Reply = Done
    public static let type = "conversation.delete"
    /// Whose.
    public var owner: UserID
    /// Which.
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
