/// An API token in `GET /tokens`. Fields without a value are written as `null`; a reader ignores fields that it does
/// not know.
public struct TokenBody: Codable, Sendable, Equatable {
    /// The token's id, its `jti` claim.
    public var id: TokenID
    /// What the token is for, 1 to 100 characters; `login` for one made by a login.
    public var name: String
    /// When it was issued.
    public var createdAt: Timestamp
    /// When it expires.
    public var expiresAt: Timestamp
    /// When it was last accepted, to half a minute; nil = never.
    public var lastUsedAt: Timestamp?
    /// When it was revoked; nil = it was not.
    public var revokedAt: Timestamp?

    public init(
        id: TokenID, name: String, createdAt: Timestamp, expiresAt: Timestamp, lastUsedAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, name
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(lastUsedAt, forKey: .lastUsedAt)
        try container.encode(revokedAt, forKey: .revokedAt)
    }
}

/// The answer of `POST /tokens`: the only time that the token itself can be read.
public struct IssuedTokenBody: Codable, Sendable, Equatable {
    /// The token's id, its `jti` claim.
    public var id: TokenID
    /// What the token is for.
    public var name: String
    /// The token itself, a JWT.
    public var token: String
    /// When it was issued.
    public var createdAt: Timestamp
    /// When it expires.
    public var expiresAt: Timestamp

    public init(id: TokenID, name: String, token: String, createdAt: Timestamp, expiresAt: Timestamp) {
        self.id = id
        self.name = name
        self.token = token
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }
}

/// The body of `POST /tokens`.
public struct TokenRequestBody: Codable, Sendable, Equatable {
    /// What the token is for, 1 to 100 characters; nil = `token`.
    public var name: String?
    /// Days until it expires, 1 to 7; nil = 7.
    public var days: Int?

    public init(name: String? = nil, days: Int? = nil) {
        self.name = name
        self.days = days
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case days = "expires_in_days"
    }
}
