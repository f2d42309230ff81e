import Logging
import Messages
import Storage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Decides when this process may lead on a data directory: when the lock on the directory is free, or when the lease in
/// the file has been stale for so long that its holder must be frozen.
struct Standby: Sendable {
    /// The lock's name in the data directory.
    static let lockName = "dispatcher"

    private let directory: String
    private let takeoverMs: Int64
    private let clock: DispatcherClock
    private let logger: Logger
    private var watch: LeaseWatch
    private var process = ProcessWatch()
    private var report = WorkReport()

    init(_ configuration: DispatcherConfiguration, clock: DispatcherClock, logger: Logger) {
        directory = configuration.dataDirectory
        takeoverMs = configuration.takeoverMs
        self.clock = clock
        self.logger = logger
        watch = LeaseWatch(takeoverMs: takeoverMs)
    }

    /// The right to lead, to be used once.
    struct Claim: Sendable {
        let directory: String
        /// The lock; nil = a frozen process holds it.
        let lock: DataLock?
        /// The lease that may be taken; nil = whichever is there. One that has changed since belongs to another process.
        let sighting: LeaseSighting?

        /// Whether the previous leader is still there, frozen, and may hold this process's address.
        var isTakeover: Bool { lock == nil }

        /// Opens the store and takes the lead.
        /// - Throws: as ``SQLiteTaskStore/init(directory:holder:isLocked:from:now:)``; the lock is free then.
        func open(as holder: Incarnation, now: Timestamp) async throws(TaskStoreError) -> SQLiteTaskStore {
            let sign = LifeSign(directory: directory)
            do {
                let store = try await SQLiteTaskStore(
                    directory: directory, holder: holder, isLocked: lock != nil, from: sighting, sign: sign, now: now)
                store.hold(lock, directory: directory)
                return store
            } catch {
                lock?.release()
                throw error
            }
        }
    }

    /// Claims the lead without waiting.
    /// - Throws: ``TaskStoreError`` `locked` when another process leads, or `cannotOpen`.
    func claim() throws(TaskStoreError) -> Claim {
        do {
            return Claim(
                directory: directory, lock: try DataLock(directory: directory, name: Self.lockName), sighting: nil)
        } catch { throw TaskStoreError(error) }
    }

    /// Looks once; nil = another process leads.
    /// - Throws: ``TaskStoreError`` when the lock's file cannot be opened.
    mutating func attempt() async throws(TaskStoreError) -> Claim? {
        let lock: DataLock?
        do { lock = try DataLock.attempt(directory: directory, name: Self.lockName) } catch {
            throw TaskStoreError(error)
        }
        // The time first: what is read is at least as new.
        let now = clock.lease()
        let sign = LifeSign.read(in: directory)
        process.look(leader, at: now)
        let sighting = await sighting()
        switch watch.look(sighting, sign: sign, hasLock: lock != nil, at: now) {
        case .lead: return Claim(directory: directory, lock: lock, sighting: sighting)
        case .takeOver: return Claim(directory: directory, lock: nil, sighting: sighting)
        case .wait:
            lock?.release()
            report.look(sign, at: now)
            return nil
        }
    }

    /// Looks every ``DispatcherLimits/standbyMs`` until this process may lead.
    /// - Parameter onWork: Called with what the other process is at during a long start, such as `migration, step 3, 40 s`.
    /// - Throws: ``TaskStoreError`` when the lock's file cannot be opened; `CancellationError`.
    mutating func wait(onWork: @Sendable (String) -> Void = { _ in }) async throws -> Claim {
        while true {
            if let claim = try await attempt() { return claim }
            if let work = report.take() { onWork(work) }
            try await Task.sleep(for: .milliseconds(DispatcherLimits.standbyMs))
        }
    }

    /// Starts over after a claim that failed: how long the lease was stale is no longer known.
    mutating func restart() { watch = LeaseWatch(takeoverMs: takeoverMs) }

    /// The process that holds the lock, by its id; nil when it is not known.
    var leader: Int? { DataLock.holder(directory: directory, name: Self.lockName) }

    /// Kills the leader if it froze within a write: it would keep the file locked while it is frozen, and no other process
    /// could lead. Nothing uncommitted was acknowledged or shown. A leader that may only be slow is left alone, and so is a
    /// process that has locked the file but does not lead.
    /// - Parameter error: Why a takeover failed.
    mutating func endFrozenLeader(after error: any Error) {
        guard (error as? TaskStoreError)?.kind == .locked,
            let writer = WriteLockHolder.process(path: SQLiteTaskStore.path(in: directory)), writer == leader
        else { return }
        let now = clock.lease()
        process.look(writer, at: now)
        guard let evidence = process.evidence(against: writer, at: now, for: takeoverMs) else {
            return logger.warning(
                "the leader is within a write for longer than --takeover-s and still works: it is not ended",
                metadata: ["process": "\(writer)"])
        }
        logger.error(
            "the leader has been frozen within a write for longer than --takeover-s: it is ended",
            metadata: ["process": "\(writer)", "evidence": "\(evidence)"])
        kill(pid_t(writer), SIGKILL)
    }

    /// Reads the lease; nil = one that is never taken from a process that holds the lock: it cannot be read, or the file
    /// has an older schema. Then its holder is of an older version, which could not write after the migration, or it is
    /// migrating the file: it renews nothing meanwhile, and looks frozen although it is not.
    func sighting() async -> LeaseSighting? {
        do {
            return try await Store.look(at: SQLiteTaskStore.path(in: directory)) { db in
                try Schema.isCurrent(db) ? LeaseTable.sighting(db) : nil
            } ?? nil
        } catch {
            logger.debug("the lease cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
