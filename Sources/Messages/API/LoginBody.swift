/// The answer of `POST /auth/login`.
public struct LoginBody: Codable, Sendable, Equatable {
    /// The token, a JWT.
    public var token: String
    /// When it expires.
    public var expiresAt: Timestamp
    /// The user that it belongs to.
    public var user: UserBody

    public init(token: String, expiresAt: Timestamp, user: UserBody) {
        self.token = token
        self.expiresAt = expiresAt
        self.user = user
    }

    private enum CodingKeys: String, CodingKey {
        case token, user
        case expiresAt = "expires_at"
    }
}

/// A user over HTTP.
public struct UserBody: Codable, Sendable, Equatable {
    /// The user's id.
    public var id: UserID
    /// 1 to 64 of `A-Z a-z 0-9 . _ @ -`; unique.
    public var name: String

    public init(id: UserID, name: String) {
        self.id = id
        self.name = name
    }
}

/// The body of `POST /auth/login`.
public struct LoginRequestBody: Codable, Sendable, Equatable {
    /// The user's name.
    public var username: String
    /// The user's password.
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}
