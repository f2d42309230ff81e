import GRDB
import Messages
import Storage

/// The lead and its fence.
extension SQLiteTaskStore {
    /// Keeps the lock that this process has taken, or tries for it until the frozen process that holds it ends.
    func hold(_ dataLock: DataLock?, directory: String) {
        if let dataLock { return lock.keep(dataLock) }
        lock.seek(in: directory) { [file, epoch] in
            // Others may see at once that this process holds it. A failure is made good by the next renewal.
            try? await file.write { db in
                try LeaseTable.check(epoch: epoch, db)
                try LeaseTable.renew(epoch: epoch, isLocked: true, db)
            }
        }
    }

    func checkLead() async throws(TaskStoreError) {
        try await read { [epoch] db in try LeaseTable.check(epoch: epoch, db) }
    }

    /// A leader that holds the lock gives it up with ``close()``: that is sign enough.
    func leave() async throws(TaskStoreError) {
        guard !lock.isHeld else { return }
        try await write { [epoch] db in try LeaseTable.release(epoch: epoch, db) }
    }

    func close() async {
        await file.close()
        lock.release()
    }

    /// Reads one committed state.
    func read<T: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> T
    ) async throws(TaskStoreError) -> T {
        do { return try await file.read(work) } catch { throw TaskStoreError(error) }
    }

    /// Writes in one transaction that fails when another process leads.
    nonisolated(nonsending) func writeAsLeader<T: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> T
    ) async throws(TaskStoreError) -> T {
        let epoch = epoch
        return try await write { db in
            try LeaseTable.check(epoch: epoch, db)
            return try work(db)
        }
    }

    /// Writes in one transaction.
    nonisolated(nonsending) func write<T: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> T
    ) async throws(TaskStoreError) -> T {
        do { return try await file.write(work) } catch { throw TaskStoreError(error) }
    }
}
