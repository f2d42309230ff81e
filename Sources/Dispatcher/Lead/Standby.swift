import Logging
import Messages
import Storage

/// Waits until this process may lead: until the lock on the data directory is free, or the lease in the store has
/// stood still for so long that its holder must be frozen.
struct Standby: Sendable {
    let configuration: DispatcherConfiguration
    let clock: DispatcherClock
    let logger: Logger
    private var watch: LeaseWatch

    init(_ configuration: DispatcherConfiguration, clock: DispatcherClock, logger: Logger) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        watch = LeaseWatch(takeoverMs: configuration.takeoverMs)
    }

    /// Why this process may lead.
    struct Claim: Sendable {
        /// The lock; nil = a frozen process holds it.
        let lock: DataLock?
        /// The lease that may be taken; nil = there was none. One that has changed meanwhile is another's.
        let sighting: LeaseSighting?
    }

    /// Looks once.
    /// - Throws: ``StoreError`` when the lock's file cannot be opened.
    mutating func attempt() async throws -> Claim? {
        let lock = try DataLock.attempt(directory: configuration.dataDirectory, name: DispatcherServer.lockName)
        // The time first: what is read is at least as new.
        let now = clock.lease()
        let sighting = await sighting()
        switch watch.look(sighting, hasLock: lock != nil, at: now) {
        case .lead: return Claim(lock: lock, sighting: sighting)
        case .takeOver: return Claim(lock: nil, sighting: sighting)
        case .wait:
            lock?.release()
            return nil
        }
    }

    /// Looks several times a second until this process may lead.
    /// - Throws: ``StoreError`` when the lock's file cannot be opened; `CancellationError`.
    mutating func wait() async throws -> Claim {
        while true {
            if let claim = try await attempt() { return claim }
            try await Task.sleep(for: .milliseconds(DispatcherLimits.standbyMs))
        }
    }

    /// Begins anew: after a try that failed, nothing is known of how long the lease stood still.
    mutating func restart() { watch = LeaseWatch(takeoverMs: configuration.takeoverMs) }

    /// A lease that cannot be read, or that an older version wrote which does not renew it, is never taken from a
    /// process that holds the lock.
    private func sighting() async -> LeaseSighting? {
        do {
            return try await Store.look(at: EventLog.path(in: configuration.dataDirectory)) {
                try LeaseTable.sighting($0)
            } ?? nil
        } catch {
            logger.debug("the lease cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
