/// A list as the gateway answers with it.
struct Listing<Item: Decodable & Sendable>: Decodable, Sendable {
    var items: [Item]
    /// How many there are in all.
    var total: Int?
}
