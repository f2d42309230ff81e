import Messages

/// What is kept of a token: everything but the token itself, which nobody can get a second time.
struct TokenRecord: Sendable, Equatable {
    /// The `jti` claim.
    var id: TokenID
    var owner: UserID
    /// For people: what it is for; `login` for those of a login.
    var name: String
    var createdAt: Timestamp
    var expiresAt: Timestamp
    /// When it was last accepted; kept to the half minute.
    var lastUsedAt: Timestamp?
    var revokedAt: Timestamp?
}

/// A token just made, the only time it can be read.
struct IssuedToken: Sendable {
    var record: TokenRecord
    /// The JWT.
    var token: String
}
