import Messages

/// A token as its owner sees it in the list; fields without a value are `null`.
struct TokenJSON: Encodable {
    var record: TokenRecord

    init(_ record: TokenRecord) { self.record = record }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.name, forKey: .name)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.expiresAt, forKey: .expiresAt)
        try container.encode(record.lastUsedAt, forKey: .lastUsedAt)
        try container.encode(record.revokedAt, forKey: .revokedAt)
    }

    enum Key: String, CodingKey {
        case id, name, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
    }
}

/// A token just made, with the token itself.
struct NewTokenJSON: Encodable {
    var issued: IssuedToken

    init(_ issued: IssuedToken) { self.issued = issued }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TokenJSON.Key.self)
        try container.encode(issued.record.id, forKey: .id)
        try container.encode(issued.record.name, forKey: .name)
        try container.encode(issued.token, forKey: .token)
        try container.encode(issued.record.createdAt, forKey: .createdAt)
        try container.encode(issued.record.expiresAt, forKey: .expiresAt)
    }
}

/// A whole list.
struct ListJSON<Item: Encodable>: Encodable {
    var items: [Item]
    var total: Int
}
