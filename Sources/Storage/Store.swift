@_exported import GRDB

/// One SQLite file, with one writer and several readers.
public final class Store: Sendable {
    /// Opens (and creates) the file in WAL mode with `synchronous=FULL`, and applies the migrations that are missing.
    /// - Throws: ``StoreError`` that names the path and says what is wrong and what to do.
    public init(path: String, migrations: [Migration]) async throws { fatalError("contract") }

    /// Runs `work` in the next batch's transaction, each in a savepoint of its own, and returns once the batch is
    /// on disk. A throw undoes only this `work`; a failed commit fails the whole batch.
    public func write<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        fatalError("contract")
    }

    /// Reads what is committed.
    public func read<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        fatalError("contract")
    }

    /// Waits for what was handed in and closes the file.
    public func close() async { fatalError("contract") }
}

/// A named step of a schema; steps are appended, never changed.
public struct Migration: Sendable {
    public var name: String
    public var apply: @Sendable (Database) throws -> Void
    public init(_ name: String, apply: @escaping @Sendable (Database) throws -> Void) {
        self.name = name
        self.apply = apply
    }
}

/// What a store could not do.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// Which kind; open for more.
    public enum Kind: Sendable { case diskFull, readOnly, locked, corrupt, cannotOpen, other }
    public var kind: Kind
    public var description: String
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
