import GRDB

/// A named step of the schema of one SQLite file. Steps are appended, never changed.
public struct SQLiteMigration: Sendable {
    /// Unique within its database and stable for ever, such as `1 devices`.
    public var name: String
    /// Makes the change, in a transaction of its own.
    public var apply: @Sendable (Database) throws -> Void

    public init(_ name: String, apply: @escaping @Sendable (Database) throws -> Void) {
        self.name = name
        self.apply = apply
    }
}
