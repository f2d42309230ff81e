import GRDB
import Metrics
import Synchronization

/// The one writer of a store. It runs on the thread of the pool's writing connection and commits waiting writes in
/// batches, each one transaction. Writes that arrive while a batch is flushed form the next batch: a single write does
/// not wait, and many share one fsync.
final class BatchWriter: Sendable {
    private struct State {
        var waiting: [PendingWrite] = []
        /// Writes that are not finished: `waiting`, and those that the running drain has taken.
        var pending = 0
        var draining = false
        var closed = false
    }

    private let pool: DatabasePool
    private let path: String
    private let state = Mutex(State())
    private let commits = Timer(label: "store_commit", preferredDisplayUnit: .milliseconds)
    private let sizes = Recorder(label: "store_batch_writes")

    init(_ pool: DatabasePool) {
        self.pool = pool
        path = pool.path
    }

    /// Writes that are not finished.
    var pending: Int { state.withLock { $0.pending } }

    /// Queues a write. Writes run in the order of the calls.
    /// - Throws: ``StoreError`` `overloaded` or `closed`; the write is not queued then.
    func enqueue(_ write: PendingWrite) throws {
        try state.withLock { state in
            guard !state.closed else { throw StoreError(.closed, "\(path) is closed") }
            guard state.pending < StoreLimits.pendingWrites else {
                throw StoreError(
                    .overloaded, "\(path) has \(state.pending) writes waiting, which is its limit; try again later")
            }
            state.pending += 1
            state.waiting.append(write)
            guard !state.draining else { return }
            state.draining = true
            // Under the lock, so that close() comes later on the connection's queue.
            pool.asyncWriteWithoutTransaction { self.drain($0) }
        }
    }

    /// Refuses new writes, and returns when the last one is on disk.
    func close() async {
        state.withLock { $0.closed = true }
        await withCheckedContinuation { done in
            pool.asyncWriteWithoutTransaction { _ in done.resume() }
        }
    }

    private func drain(_ database: Database) {
        while true {
            var taken: ArraySlice<PendingWrite> = state.withLock { state in
                if state.waiting.isEmpty { state.draining = false }
                defer { state.waiting = [] }
                return state.waiting[...]
            }
            guard !taken.isEmpty else { return }
            while !taken.isEmpty {
                let done = commit(taken.prefix(StoreLimits.batch), in: database)
                taken = taken.dropFirst(done)
            }
        }
    }

    /// Commits as many of `writes` as fit ``StoreLimits/batchTime``, and finishes them.
    /// - Returns: how many.
    private func commit(_ writes: ArraySlice<PendingWrite>, in database: Database) -> Int {
        let start = ContinuousClock.now
        var results: [Result<@Sendable () -> Void, any Error>] = []
        var failure: (any Error)?
        do {
            try database.inTransaction(.immediate) {
                for write in writes {
                    results.append(try attempt(write, in: database))
                    if ContinuousClock.now - start > StoreLimits.batchTime { break }
                }
                return .commit
            }
        } catch {
            failure =
                StoreError(error, path: path)
                ?? StoreError(.other, "\(path): a batch of writes could not be committed: \(error)")
        }
        // A batch that could not begin or was rolled back fails as a whole, with the writes that did not run.
        let count = failure == nil ? results.count : writes.count
        commits.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        sizes.record(count)
        state.withLock { $0.pending -= count }
        for (index, write) in writes.prefix(count).enumerated() {
            switch index < results.count ? results[index] : nil {
            case .failure(let error): write.fail(error)
            case .success(let finish) where failure == nil: finish()
            default: write.fail(failure ?? StoreError(.other, "\(path): the write was not done"))
            }
        }
        return count
    }

    /// Runs one write in a savepoint of its own.
    /// - Throws: when SQLite has rolled back the whole transaction, as it may when the disk is full.
    private func attempt(
        _ write: PendingWrite, in database: Database
    ) throws -> Result<@Sendable () -> Void, any Error> {
        do {
            var finish: (@Sendable () -> Void)?
            try database.inSavepoint {
                finish = try write.run(database)
                return .commit
            }
            guard let finish else { throw StoreError(.other, "\(path): the write was not done") }
            return .success(finish)
        } catch {
            guard database.isInsideTransaction else { throw error }
            return .failure(StoreError(error, path: path) ?? error)
        }
    }
}

extension Duration {
    /// Whole nanoseconds, for metrics.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
