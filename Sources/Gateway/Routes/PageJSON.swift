/// A page of a list; `next` is `null` on the last one.
struct PageJSON<Item: Encodable, Cursor: Encodable>: Encodable {
    var items: [Item]
    var next: Cursor?
    /// How many there are on all pages.
    var total: Int

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
        try container.encode(total, forKey: .total)
    }

    private enum Key: String, CodingKey { case items, next, total }
}
