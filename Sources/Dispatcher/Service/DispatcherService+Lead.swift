import Messages

/// Whether we still lead. A process that was stopped for a while may have been replaced without a sign, so nothing is
/// told from memory unless the store has said so a short time ago.
extension DispatcherService {
    /// Whether nobody can have taken the lease: a standby counts from the last renewal.
    var isCertain: Bool { clock.lease() - renewedAt < configuration.takeoverMs }

    /// Whether the lease is to be renewed with the next commit, or by one of its own.
    var isRenewalDue: Bool { clock.lease() - renewedAt >= configuration.renewMs }

    /// Asks the store whether we lead, unless that is certain.
    /// - Throws: ``Fault`` `not_leader`, `unavailable` while stopping, or `storage_failed`.
    func assureLead() async throws {
        if !isCertain {
            do { try await store.checkLead() } catch {
                guard isNotLeader(error) else { throw storeFault(error) }
                depose()
            }
        }
        guard phase != .deposed, phase != .stopping else { throw notServing }
    }

    func isNotLeader(_ error: any Error) -> Bool { (error as? TaskStoreError)?.kind == .notLeader }

    /// Another process leads: nothing more is sent or answered but that.
    func depose() {
        guard phase != .deposed, phase != .stopping else { return }
        phase = .deposed
        stale.count(.epoch)
        logger.critical("another process leads now", metadata: ["epoch": "\(store.epoch)"])
        failures += 1
        for waiter in pending.waiters { waiter.resume(throwing: notServing) }
        pending = Pending()
        failViewers(notServing)
        letGo(all: true)
        letSuccessorsGo()
    }

    /// Lets those go who wait in ``deposed()``.
    func letSuccessorsGo() {
        successorsMayGo = true
        for successor in successors { successor.resume() }
        successors = []
    }

    /// Returns when another process leads, or at the stop.
    func deposed() async {
        await withCheckedContinuation { successor in
            if successorsMayGo || phase == .deposed || phase == .stopping { return successor.resume() }
            successors.append(successor)
        }
    }
}
