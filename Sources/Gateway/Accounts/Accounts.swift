import GRDB
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Users and tokens: the owner of `gateway.db`. Several processes may have the file open, such as a command that adds a
/// user beside a running gateway.
public final class Accounts: Sendable {
    /// Verifies the tokens of requests.
    let verifier: TokenVerifier
    private let store: Store
    private let keys: TokenKeys
    private let workers = PasswordWorkers()
    private let cost: PasswordHash.Cost
    /// Compared with the passwords of unknown users, so that a login takes as long for them as for known ones.
    private let decoy: PasswordHash

    /// Opens `DIRECTORY/gateway.db`; creates the directory and the file if they are missing.
    /// - Throws: ``StoreError`` with the path.
    public static func open(dataDirectory: String) async throws -> Accounts {
        try await open(dataDirectory: dataDirectory, cost: .standard)
    }

    /// As ``open(dataDirectory:)``, with another cost of a password hash; for tests.
    static func open(dataDirectory: String, cost: PasswordHash.Cost) async throws -> Accounts {
        let store = try await Store(path: "\(dataDirectory)/gateway.db", migrations: AccountsSchema.migrations)
        let keys = try await TokenKeys.open(store)
        let accounts = try Accounts(store: store, keys: keys, cost: cost)
        try await accounts.refreshRevoked()
        return accounts
    }

    private init(store: Store, keys: TokenKeys, cost: PasswordHash.Cost) throws {
        self.store = store
        self.keys = keys
        self.cost = cost
        verifier = TokenVerifier(keys: keys)
        // Made at the lowest cost and relabelled: only the time of a comparison with it matters.
        decoy = try PasswordHash("", cost: .init(logRounds: 1, blockSize: 8, parallelism: 1)).relabelled(cost)
    }

    /// Closes the file. Idempotent.
    public func close() async { await store.close() }

    /// Whether `gateway.db` answers a read within `limit`.
    func isReadable(within limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [store] in
                (try? await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM users") }) != nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    // MARK: Users

    /// Adds a user.
    /// - Returns: the generated password, which is not stored.
    /// - Throws: ``Fault`` `invalid_request` for a name that is not allowed, `conflict` for one that is taken.
    public func addUser(_ name: String) async throws -> String {
        guard User.isName(name) else {
            throw Fault(
                .invalidRequest, "a user's name has 1 to 64 letters, digits, dots, dashes, underscores or @ signs")
        }
        let password = Self.generatePassword()
        let hash = try await workers.run { [cost] in try PasswordHash(password, cost: cost) }
        try await store.write { database in
            if try Row.fetchOne(database, sql: "SELECT 1 FROM users WHERE name = ?", arguments: [name]) != nil {
                throw Fault(.conflict, "there is a user named \(name) already")
            }
            try database.execute(
                sql: "INSERT INTO users (id, name, password, created_at) VALUES (?, ?, ?, ?)",
                arguments: [
                    Data(UserID.generate().bytes), name, hash.description, Timestamp.now().milliseconds,
                ])
        }
        return password
    }

    /// Every user, by name.
    public func users() async throws -> [User] {
        try await store.read { database in
            try Row.fetchAll(database, sql: "SELECT id, name, created_at FROM users ORDER BY name").map(Self.user)
        }
    }

    /// A user's name.
    /// - Throws: ``Fault`` `token_invalid` when the user no longer exists.
    func userName(_ user: UserID) async throws -> String {
        let name = try await store.read { database in
            try String.fetchOne(
                database, sql: "SELECT name FROM users WHERE id = ?", arguments: [Data(user.bytes)])
        }
        guard let name else {
            throw Fault(.tokenInvalid, "the token's user no longer exists; \(TokenVerifier.remedy)")
        }
        return name
    }

    /// Checks a name and a password, and issues a token. Takes the same time for known and unknown users.
    /// - Throws: ``Fault`` `login_failed`, or `rate_limited` when too many logins are in flight.
    func login(name: String, password: String) async throws -> (user: User, token: IssuedToken) {
        let found = try await store.read { database -> (user: User, hash: PasswordHash)? in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT id, name, password, created_at FROM users WHERE name = ?",
                    arguments: [name])
            else { return nil }
            return (try Self.user(row), try PasswordHash(parsing: row["password"]))
        }
        let hash = found?.hash ?? decoy
        let matches = try await workers.run { try hash.matches(password) }
        guard matches, let user = found?.user else {
            throw Fault(.loginFailed, "the user name or the password is wrong")
        }
        return (user, try await issue(owner: user.id, name: "login", days: TokenLimits.days.upperBound))
    }

    private static func user(_ row: Row) throws -> User {
        User(
            id: try row.identifier("id"), name: row["name"],
            createdAt: row.timestamp("created_at") ?? Timestamp(milliseconds: 0))
    }

    /// 24 letters and digits without similar-looking ones: some 137 bits.
    private static func generatePassword() -> String {
        let alphabet = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return String((0..<24).compactMap { _ in alphabet.randomElement() })
    }

    // MARK: Tokens

    /// Issues a token to a user.
    /// - Parameters:
    ///   - name: For its owner; 1 to 100 characters.
    ///   - days: How long it is valid, 1 to 7.
    /// - Returns: the JWT, which is not stored.
    /// - Throws: ``Fault`` `invalid_request` when the user does not exist or `days` is out of range.
    public func issueToken(user: String, name: String, days: Int = 7) async throws -> String {
        guard TokenLimits.days.contains(days) else {
            throw Fault(.invalidRequest, "a token is valid for 1 to 7 days, not \(days)")
        }
        guard let user = try await users().first(where: { $0.name == user }) else {
            throw Fault(.invalidRequest, "there is no user named \(user)")
        }
        return try await issue(owner: user.id, name: name, days: days).token
    }

    /// Issues a token to an existing user, valid for `days`.
    func issue(owner: UserID, name: String, days: Int) async throws -> IssuedToken {
        try await issue(owner: owner, name: name, seconds: Double(days) * 86_400)
    }

    /// As ``issue(owner:name:days:)``, in seconds.
    func issue(owner: UserID, name: String, seconds: Double) async throws -> IssuedToken {
        // Whole seconds, as in the JWT.
        let now = Timestamp(milliseconds: Timestamp.now().milliseconds / 1000 * 1000)
        let record = TokenRecord(
            id: .generate(), owner: owner, name: name, createdAt: now,
            expiresAt: now.adding(seconds: seconds))
        let token = try await keys.sign(record)
        try await store.write { database in
            try database.execute(
                sql: "INSERT INTO tokens (id, owner, name, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    Data(record.id.bytes), Data(record.owner.bytes), record.name, record.createdAt.milliseconds,
                    record.expiresAt.milliseconds,
                ])
        }
        return IssuedToken(record: record, token: token)
    }

    /// A user's tokens, newest first, without those that expired more than 30 days ago.
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

    /// A token's name; nil when its row no longer exists.
    func tokenName(_ token: TokenID) async throws -> String? {
        try await store.read { database in
            try String.fetchOne(
                database, sql: "SELECT name FROM tokens WHERE id = ?", arguments: [Data(token.bytes)])
        }
    }

    /// Revokes a token: at once here, within 5 s at other gateways. Idempotent.
    /// - Throws: ``Fault`` `token_not_found` when the owner has no token with this id.
    func revoke(_ token: TokenID, of owner: UserID) async throws {
        let isFound = try await store.write { database in
            try database.execute(
                sql: "UPDATE tokens SET revoked_at = ifnull(revoked_at, ?) WHERE id = ? AND owner = ?",
                arguments: [Timestamp.now().milliseconds, Data(token.bytes), Data(owner.bytes)])
            return database.changesCount > 0
        }
        guard isFound else { throw Fault(.tokenNotFound, "you have no token \(token)") }
        verifier.revoke(token)
    }

    /// Reads which tokens are revoked, by any process.
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

    /// Writes when tokens were last used.
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

/// How long tokens are valid.
enum TokenLimits {
    /// A week at most, so that a lost token is soon useless.
    static let days = 1...7
}
