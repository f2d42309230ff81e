import GRDB
import Metrics
import Synchronization

/// The one writer of a store: drains what was handed in into one transaction a batch, on the thread of the
/// pool's writing connection. While one batch is flushed to disk the next one gathers, so a lone write waits for
/// nobody and a crowd shares the fsync.
final class BatchWriter: Sendable {
    private struct State {
        var waiting: [PendingWrite] = []
        /// Handed in and not yet answered: `waiting` and what the running drain has taken.
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

    /// Handed in and not yet answered.
    var pending: Int { state.withLock { $0.pending } }

    /// Hands in a write, in the order of the calls.
    /// - Throws: ``StoreError`` `overloaded` or `closed`; the write is then not kept.
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
            // Under the lock, so that close() comes after it on the writer's queue.
            pool.asyncWriteWithoutTransaction { self.drain($0) }
        }
    }

    /// Refuses new writes and returns when the last one is on disk.
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

    /// Commits as many of `writes` as fit the time and answers them; returns how many.
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
        // A batch that could not begin or was broken off is failed whole, those who had no turn included.
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
    /// - Throws: when SQLite has given up the whole transaction (as it may when the disk is full).
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
