import GRDB
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The tables of `gateway.db`. Times are milliseconds since 1970; ids are their 16 bytes.
enum AccountsSchema {
    static let migrations: [Migration] = [
        Migration("1 users, tokens, keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE users (
                        id BLOB PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        password TEXT NOT NULL,
                        created_at INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE tokens (
                        id BLOB PRIMARY KEY,
                        owner BLOB NOT NULL REFERENCES users(id),
                        name TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL,
                        last_used_at INTEGER,
                        revoked_at INTEGER
                    ) STRICT;
                    CREATE INDEX tokens_owner ON tokens(owner, created_at);
                    CREATE INDEX tokens_revoked ON tokens(expires_at) WHERE revoked_at IS NOT NULL;
                    CREATE TABLE keys (
                        kid TEXT PRIMARY KEY,
                        private_key BLOB NOT NULL,
                        created_at INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
    ]
}

extension Row {
    /// The identifier in a column of 16 bytes.
    /// - Throws: ``StoreError`` `corrupt` for anything else.
    func identifier<Kind>(_ column: String, as kind: Identifier<Kind>.Type = Identifier<Kind>.self) throws
        -> Identifier<Kind>
    {
        let data: Data? = self[column]
        guard let data, let value = Identifier<Kind>(bytes: data) else {
            throw StoreError(.corrupt, "column \(column) of gateway.db is not an identifier")
        }
        return value
    }

    /// The time in a column of milliseconds; nil for NULL.
    func timestamp(_ column: String) -> Timestamp? {
        let value: Int64? = self[column]
        return value.map(Timestamp.init(milliseconds:))
    }
}
