import Crypto
import GRDB
import JWTKit
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The Ed25519 keys that sign tokens, as stored in `gateway.db` (only the file's owner may read it). The newest key
/// signs; each key verifies the tokens with its `kid`.
struct TokenKeys: Sendable {
    private let collection: JWTKeyCollection
    private let newest: JWKIdentifier

    /// Reads the keys; generates the first one if there is none.
    static func open(_ store: Store) async throws -> TokenKeys {
        let rows = try await store.write { database in
            if try Int.fetchOne(database, sql: "SELECT count(*) FROM keys") == 0 {
                try database.execute(
                    sql: "INSERT INTO keys (kid, private_key, created_at) VALUES (?, ?, ?)",
                    arguments: [
                        TokenID.generate().description, Curve25519.Signing.PrivateKey().rawRepresentation,
                        Timestamp.now().milliseconds,
                    ])
            }
            return try Row.fetchAll(database, sql: "SELECT kid, private_key FROM keys ORDER BY created_at DESC, kid")
                .map { (kid: $0["kid"] as String, key: $0["private_key"] as Data) }
        }
        let collection = JWTKeyCollection()
        for row in rows {
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: row.key)
            await collection.add(eddsa: EdDSA.PrivateKey(backing: key), kid: JWKIdentifier(string: row.kid))
        }
        guard let newest = rows.first?.kid else { throw StoreError(.corrupt, "gateway.db has no key for tokens") }
        return TokenKeys(
            collection: collection, newest: JWKIdentifier(string: newest))
    }

    /// Returns the JWT of a record.
    func sign(_ record: TokenRecord) async throws -> String {
        try await collection.sign(TokenClaims(record), kid: newest)
    }

    /// Returns the claims of a JWT that one of the keys has signed. Does not check the expiry.
    /// - Throws: what JWTKit throws for anything else.
    func claims(of token: String) async throws -> TokenClaims {
        try await collection.verify(token, as: TokenClaims.self)
    }
}
