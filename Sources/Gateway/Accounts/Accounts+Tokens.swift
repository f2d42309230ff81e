import GRDB
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Accounts {
    /// A user's tokens, newest first, without those that expired more than a month ago.
    func tokens(of owner: UserID) async throws -> [TokenRecord] {
        let horizon = Timestamp.now().adding(seconds: -30 * 86_400).milliseconds
        var records = try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, owner, name, created_at, expires_at, last_used_at, revoked_at FROM tokens
                    WHERE owner = ? AND expires_at > ? ORDER BY created_at DESC, id DESC LIMIT 1000
                    """, arguments: [Data(owner.bytes), horizon]
            ).map(Self.record)
        }
        for index in records.indices {
            records[index].lastUsedAt = verifier.used(records[index].id) ?? records[index].lastUsedAt
        }
        return records
    }

    /// What a token is for, as its owner said; nil when its row is gone.
    func tokenName(_ token: TokenID) async throws -> String? {
        try await store.read { database in
            try String.fetchOne(
                database, sql: "SELECT name FROM tokens WHERE id = ?", arguments: [Data(token.bytes)])
        }
    }

    /// Ends a token at once here, and within 5 s at other gateways. Revoking twice changes nothing.
    /// - Throws: ``Fault`` `token_not_found` when the owner has none of this id.
    func revoke(_ token: TokenID, of owner: UserID) async throws {
        let found = try await store.write { database in
            try database.execute(
                sql: "UPDATE tokens SET revoked_at = ifnull(revoked_at, ?) WHERE id = ? AND owner = ?",
                arguments: [Timestamp.now().milliseconds, Data(token.bytes), Data(owner.bytes)])
            return database.changesCount > 0
        }
        guard found else { throw Fault(.tokenNotFound, "you have no token \(token)") }
        verifier.revoke(token)
    }

    /// Reads which tokens are revoked, by whichever process.
    func refreshRevoked() async throws {
        let now = Timestamp.now().milliseconds
        verifier.addRevoked(
            try await store.read { database in
                Set(
                    try Row.fetchAll(
                        database, sql: "SELECT id FROM tokens WHERE revoked_at IS NOT NULL AND expires_at > ?",
                        arguments: [now]
                    ).map { try $0.identifier("id") })
            })
    }

    /// Writes down when tokens were last used.
    func flushUsed() async throws {
        let used = verifier.takeUsed()
        guard !used.isEmpty else { return }
        try await store.write { database in
            for (token, time) in used {
                try database.execute(
                    sql: "UPDATE tokens SET last_used_at = ? WHERE id = ?",
                    arguments: [time.milliseconds, Data(token.bytes)])
            }
        }
    }

    private static func record(_ row: Row) throws -> TokenRecord {
        TokenRecord(
            id: try row.identifier("id"), owner: try row.identifier("owner"), name: row["name"],
            createdAt: row.timestamp("created_at") ?? Timestamp(milliseconds: 0),
            expiresAt: row.timestamp("expires_at") ?? Timestamp(milliseconds: 0),
            lastUsedAt: row.timestamp("last_used_at"), revokedAt: row.timestamp("revoked_at"))
    }
}
