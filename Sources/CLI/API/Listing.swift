/// A list as the gateway answers with it.
struct Listing<Item: Decodable & Sendable>: Decodable, Sendable {
    var items: [Item]
    /// Where the next page begins; nil = this was the last one, or it has no pages.
    var next: String?
    /// How many there are in all.
    var total: Int?
}
