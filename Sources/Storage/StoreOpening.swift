import Dispatch
import GRDB

/// Opens a database file: inspects it read-only first, then opens it for writing.
struct StoreOpening: Sendable {
    var path: String
    var migrations: [SQLiteMigration]
    var busySeconds = StoreLimits.busySeconds
    /// Called before each migration that is missing, with its number from 1.
    var onMigration: (@Sendable (Int) -> Void)?

    /// Opens the file for writing, off the caller's executor.
    /// - Throws: ``StoreError`` that names the path.
    func open() async throws -> DatabasePool {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .userInitiated).async {
                done.resume(with: Result { try openNow() })
            }
        }
    }

    /// Reads through a read-only connection; nil when the file is missing or empty.
    func look<T>(_ work: (Database) throws -> T) throws -> T? {
        do {
            guard DataDirectory.size(path) > 0 else { return nil }
            var readonly = configuration()
            readonly.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: readonly)
            defer { try? queue.close() }
            return try queue.read(work)
        } catch { throw StoreError(error, path: path) ?? error }
    }

    private func openNow() throws -> DatabasePool {
        do {
            try DataDirectory.makeFile(path)
            try inspectTracelessly()
            let pool = try DatabasePool(path: path, configuration: configuration())
            // GRDB has just set NORMAL, which may lose the last commits before a power cut.
            let level = try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA journal_size_limit = \(StoreLimits.walBytes)")
                return try Int.fetchOne(database, sql: "PRAGMA synchronous")
            }
            guard level == 2 else {
                throw StoreError(.other, "\(path): SQLite refused synchronous=FULL; a power cut would lose commits")
            }
            try migrator().migrate(pool)
            return pool
        } catch { throw StoreError(error, path: path) ?? error as? StoreError ?? failed(error) }
    }

    /// Inspects the file, and removes the side files that this makes when it fails.
    private func inspectTracelessly() throws {
        let made = ["-wal", "-shm"].map { path + $0 }.filter { !DataDirectory.exists($0) }
        do { try inspect() } catch {
            for file in made { DataDirectory.remove(file) }
            throw error
        }
    }

    /// Checks the file through a read-only connection, so that a damaged or newer one stays as it is.
    private func inspect() throws {
        var readonly = configuration()
        readonly.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: readonly)
        defer { try? queue.close() }
        try queue.read { database in
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
            if DataDirectory.size(path) <= StoreLimits.checkedBytes {
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                guard verdict == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
            }
            guard try database.tableExists("grdb_migrations") else { return }
            if try migrator().hasBeenSuperseded(database) {
                throw StoreError(
                    .tooNew,
                    "\(path) was written by a newer version of this program; run that version or restore a backup")
            }
        }
    }

    private func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = StoreLimits.readers
        configuration.qos = .userInitiated
        return configuration
    }

    private func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, migration) in migrations.enumerated() {
            migrator.registerMigration(migration.name) { [onMigration] in
                onMigration?(index + 1)
                try migration.apply($0)
            }
        }
        return migrator
    }

    private func failed(_ error: any Error) -> StoreError {
        StoreError(.other, "\(path) cannot be brought up to date: \(error)")
    }
}
