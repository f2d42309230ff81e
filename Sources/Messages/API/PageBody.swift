/// A page of a list over HTTP.
public struct PageBody<Item: Codable & Sendable>: Codable, Sendable {
    /// In the list's order.
    public var items: [Item]
    /// Where the next page begins, opaque; nil = this is the last page. Written as `null`.
    public var next: String?
    /// How many items there are on all pages; read as the items of this page where the field is missing.
    public var total: Int

    public init(items: [Item], next: String?, total: Int) {
        self.items = items
        self.next = next
        self.total = total
    }

    private enum CodingKeys: String, CodingKey { case items, next, total }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        items = try container.decode([Item].self, forKey: .items)
        next = try container.decodeIfPresent(String.self, forKey: .next)
        total = try container.decodeIfPresent(Int.self, forKey: .total) ?? items.count
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
        try container.encode(total, forKey: .total)
    }
}

extension PageBody: Equatable where Item: Equatable {}

/// A list over HTTP that has no pages: tokens.
public struct ListBody<Item: Codable & Sendable>: Codable, Sendable {
    /// In the list's order.
    public var items: [Item]
    /// How many items there are.
    public var total: Int

    public init(_ items: [Item]) {
        self.items = items
        total = items.count
    }
}

extension ListBody: Equatable where Item: Equatable {}
