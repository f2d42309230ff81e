/// Lists an owner's conversations, the one with the newest task first.
public struct ConversationList: Request, Equatable {
    public typealias Reply = ConversationListing
    public static let type = "conversation.list"
    /// The owner.
    public var owner: UserID
    /// The most items of a page, 1 to 200.
    public var limit: Int
    /// The `next` of the page before.
    public var before: String?
    /// Only conversations with this text in the title or in a prompt, case-insensitive; 1 to 200 characters.
    public var query: String?

    public init(owner: UserID, limit: Int, before: String? = nil, query: String? = nil) {
        self.owner = owner
        self.limit = limit
        self.before = before
        self.query = query
    }
}

/// The reply to ``ConversationList``.
public struct ConversationListing: Message, Equatable {
    public static let type = "conversation.listing"
    /// The one with the newest task first.
    public var conversations: [ConversationView]
    /// Where the next page begins, opaque; nil = this is the last page.
    public var next: String?
    /// How many match on all pages.
    public var total: Int

    public init(conversations: [ConversationView] = [], next: String? = nil, total: Int) {
        self.conversations = conversations
        self.next = next
        self.total = total
    }
}
