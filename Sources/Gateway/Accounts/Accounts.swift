import GRDB
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Users and tokens: the owner of `gateway.db`. Several processes may have it open, such as a command that adds a
/// user beside a running gateway.
public final class Accounts: Sendable {
    let store: Store
    let verifier: TokenVerifier
    private let keys: TokenKeys
    let workers = PasswordWorkers()
    let cost: PasswordHash.Cost
    /// Stands in for the password of users that do not exist, so that they take as long as those that do.
    let decoy: PasswordHash

    /// Opens `DIRECTORY/gateway.db`, making what is missing.
    /// - Throws: ``StoreError`` that names the path.
    public static func open(dataDirectory: String) async throws -> Accounts {
        try await open(dataDirectory: dataDirectory, cost: .standard)
    }

    /// As ``open(dataDirectory:)``, with another price for a try of a password; for tests.
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
        // The cheapest cost, relabelled: only the work of comparing with it matters.
        decoy = try PasswordHash("", cost: .init(logRounds: 1, blockSize: 8, parallelism: 1)).priced(cost)
    }

    /// Closes the file. Idempotent.
    public func close() async { await store.close() }

    // MARK: Users

    /// Adds a user.
    /// - Returns: the generated password, which is kept nowhere.
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

    /// Everybody, by name.
    public func users() async throws -> [User] {
        try await store.read { database in
            try Row.fetchAll(database, sql: "SELECT id, name, created_at FROM users ORDER BY name").map { row in
                User(
                    id: try row.identifier("id"), name: row["name"],
                    createdAt: row.timestamp("created_at") ?? Timestamp(milliseconds: 0))
            }
        }
    }

    /// A user's name.
    /// - Throws: ``Fault`` `token_invalid` when there is no such user (any more).
    func userName(_ user: UserID) async throws -> String {
        let name = try await store.read { database in
            try String.fetchOne(
                database, sql: "SELECT name FROM users WHERE id = ?", arguments: [Data(user.bytes)])
        }
        guard let name else { throw Fault(.tokenInvalid, "the token's user is gone; \(TokenVerifier.remedy)") }
        return name
    }

    /// Makes a token for a user.
    /// - Parameters:
    ///   - name: What it is for, for people; 1 to 100 characters.
    ///   - days: How long it is good, 1 to 7.
    /// - Returns: the JWT, which is kept nowhere.
    /// - Throws: ``Fault`` `invalid_request` when there is no such user or `days` is out of range.
    public func issueToken(user: String, name: String, days: Int = 7) async throws -> String {
        guard TokenLimits.days.contains(days) else {
            throw Fault(.invalidRequest, "a token is good for 1 to 7 days, not \(days)")
        }
        guard let user = try await users().first(where: { $0.name == user }) else {
            throw Fault(.invalidRequest, "there is no user named \(user)")
        }
        return try await issue(owner: user.id, name: name, days: days).token
    }

    /// Makes a token of an owner that is known to exist, good for so many days.
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

    /// 24 letters and digits that are not mistaken for each other: some 137 bits.
    private static func generatePassword() -> String {
        let alphabet = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return String((0..<24).compactMap { _ in alphabet.randomElement() })
    }
}

/// How long tokens are good.
enum TokenLimits {
    /// A week at most (PRODUCT promise 2): a lost one is no longer worth anything soon.
    static let days = 1...7
}
