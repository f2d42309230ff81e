/// Asks for an owner's conversations, the one with the newest task first.
public struct ConversationList: Request, Equatable {
    public typealias Reply = ConversationListing
    public static let type = "conversation.list"
    /// Whose.
    public var owner: UserID
    /// How many at most, 1 to 200.
    public var limit: Int
    /// The `next` of the page before.
    public var before: String?
    /// Only those with this text in the title or in a prompt, in either case of the letters; 1 to 200
    /// characters.
    public var query: String?

    public init(owner: UserID, limit: Int, before: String? = nil, query: String? = nil) {
        self.owner = owner
        self.limit = limit
        self.before = before
        self.query = query
    }
}
