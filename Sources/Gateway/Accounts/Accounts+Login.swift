import GRDB
import Messages
import Storage

extension Accounts {
    /// Checks a name and a password, and makes a token. Takes the same time whether or not there is such a user.
    /// - Throws: ``Fault`` `login_failed`, or `rate_limited` when too many log in at once.
    func login(name: String, password: String) async throws -> (user: User, token: IssuedToken) {
        let found = try await store.read { database -> (user: User, hash: PasswordHash)? in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT id, name, password, created_at FROM users WHERE name = ?",
                    arguments: [name])
            else { return nil }
            let user = User(
                id: try row.identifier("id"), name: row["name"],
                createdAt: row.timestamp("created_at") ?? Timestamp(milliseconds: 0))
            return (user, try PasswordHash(parsing: row["password"]))
        }
        let hash = found?.hash ?? decoy
        let right = try await workers.run { try hash.matches(password) }
        guard right, let user = found?.user else {
            throw Fault(.loginFailed, "the user name or the password is wrong")
        }
        return (user, try await issue(owner: user.id, name: "login", days: TokenLimits.days.upperBound))
    }
}
