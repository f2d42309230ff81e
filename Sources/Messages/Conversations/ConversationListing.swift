/// The answer to ``ConversationList``.
public struct ConversationListing: Message, Equatable {
    public static let type = "conversation.listing"
    /// The one with the newest task first.
    public var conversations: [ConversationView]
    /// Where the next page begins, opaque; nil = this was the last one.
    public var next: String?
    /// How many match on all pages.
    public var total: Int

    public init(conversations: [ConversationView] = [], next: String? = nil, total: Int) {
        self.conversations = conversations
        self.next = next
        self.total = total
    }
}
