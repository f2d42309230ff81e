import Dispatch
import GRDB
import Synchronization

/// One SQLite file, with one writer and several readers. Owns every connection to it. SQLite never runs on a caller's
/// executor.
public final class Store: Sendable {
    /// Where the file is.
    public let path: String
    private let pool: DatabasePool
    private let writer: BatchWriter
    private let reads = Mutex(0)
    private let isClosed = Mutex(false)

    /// Opens (and creates, with mode 0600 in a directory of mode 0700) the file in WAL mode with
    /// `synchronous=FULL`, and applies the migrations that are missing.
    /// - Parameter onMigration: Called before each migration that is missing, with its number from 1.
    /// - Throws: ``StoreError`` that names the path, the problem and what to do. A file that is damaged or was written by
    ///   a newer version is left untouched.
    public convenience init(
        path: String, migrations: [SQLiteMigration], onMigration: (@Sendable (Int) -> Void)? = nil
    ) async throws {
        try await self.init(StoreOpening(path: path, migrations: migrations, onMigration: onMigration))
    }

    init(_ opening: StoreOpening) async throws {
        path = opening.path
        pool = try await opening.open()
        writer = BatchWriter(pool)
    }

    /// Runs `work` in the next batch's transaction, in a savepoint of its own, and returns once the batch is on disk. A
    /// throw undoes only this `work`; a failed commit fails the whole batch.
    ///
    /// The write is queued before the caller suspends, so calls from one actor keep their order even when they do not
    /// await each other. Cancelling the caller does not undo the write.
    /// - Throws: what `work` throws (constraints as GRDB's `DatabaseError`), or ``StoreError``.
    nonisolated(nonsending) public func write<T: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            do { try writer.enqueue(PendingWrite(work, caller)) } catch { caller.resume(throwing: error) }
        }
    }

    /// Writes that are not finished, 0 to ``StoreLimits/pendingWrites``; for metrics and tests.
    public var pendingWrites: Int { writer.pending }

    /// Reads one committed state.
    /// - Throws: what `work` throws, `CancellationError`, or ``StoreError``.
    public func read<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try reads.withLock { count in
            guard count < StoreLimits.pendingReads else {
                throw StoreError(.overloaded, "\(path) has \(count) reads waiting, which is its limit; try again later")
            }
            count += 1
        }
        defer { reads.withLock { $0 -= 1 } }
        do { return try await pool.read(work) } catch {
            if (error as? DatabaseError)?.resultCode == .SQLITE_MISUSE {
                throw StoreError(.closed, "\(path) is closed")
            }
            throw StoreError(error, path: path) ?? error
        }
    }

    /// Reads a file that another process uses, through a read-only connection. It makes no file and applies no migration.
    /// - Returns: nil when the file is missing or empty.
    /// - Throws: what `work` throws, or ``StoreError``.
    public static func look<T: Sendable>(
        at path: String, _ work: @escaping @Sendable (Database) throws -> T
    ) async throws -> T? {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .userInitiated).async {
                done.resume(with: Result { try StoreOpening(path: path, migrations: []).look(work) })
            }
        }
    }

    /// Waits for queued writes and closes the file; later work is refused with `closed`. Idempotent.
    public func close() async {
        await writer.close()
        let isFirst = isClosed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        // A checkpoint on a closed connection would crash.
        guard isFirst else { return }
        await withCheckedContinuation { done in
            DispatchQueue.global(qos: .userInitiated).async { [pool] in
                // After a clean stop the file is whole without its log. Readers close last and cannot checkpoint.
                // The close fails only for statements in use; SQLite then closes when they end.
                try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try? pool.close()
                done.resume()
            }
        }
    }
}
