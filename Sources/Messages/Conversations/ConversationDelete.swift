/// Deletes a conversation with its tasks, their events and their permission requests. `conflict` until all of its tasks
/// have ended.
public struct ConversationDelete: Request, Equatable {
    public typealias Reply = Done
    public static let type = "conversation.delete"
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
