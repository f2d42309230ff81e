import Messages

/// A commit has failed: what it decided has not happened. Everything is loaded again from the disk and shown as it is
/// there; whatever would be written is refused with the reason until the store takes a write again.
extension DispatcherService {
    func recover(
        from error: any Error, _ batch: CommitBatch, failing waiters: [CheckedContinuation<Void, any Error>]
    ) async {
        failures += 1
        if isNotLeader(error) {
            depose()
        } else {
            trouble = writeFault(error)
            logger.error("a commit failed", metadata: ["error": "\(error)", "tasks": "\(batch.records.count)"])
        }
        for (id, creation) in batch.creations { recent.forget(id, key: creation.key) }
        for (id, creation) in pending.creations { recent.forget(id, key: creation.key) }
        let fault = lostFault
        for waiter in waiters + pending.waiters { waiter.resume(throwing: fault) }
        pending = Pending()
        // A stop that has begun meanwhile goes on.
        guard phase == .serving else { return }
        phase = .loading
        await reload()
        // A disk with room for a renewal may have none for a batch: then each recovery ends in the next failure, and
        // costs a load and a window of every running attempt.
        recoveryPauseMs = min(recoveryPauseMs * 2, DispatcherLimits.longestRecoveryMs)
    }

    private func reload() async {
        while phase == .loading || phase == .refusing {
            do {
                if phase == .loading { try await load(as: .refusing) }
                try? await Task.sleep(for: .milliseconds(recoveryPauseMs))
                guard phase == .refusing else { continue }
                try await probe()
                try await load()
                logger.notice("tasks loaded again after a failed commit", metadata: ["tasks": "\(live.count)"])
            } catch {
                if isNotLeader(error) { return depose() }
                note(error)
                if phase == .loading {
                    try? await Task.sleep(for: .milliseconds(DispatcherLimits.storagePauseMs))
                }
            }
        }
    }

    /// Whether the store takes a write: a renewal of the lease. Until it does, whether we lead is asked of it by reading.
    private func probe() async throws {
        let start = clock.lease()
        do {
            try await store.commit(CommitBatch(renews: true))
            renewedAt = start
        } catch {
            if !isNotLeader(error) { try await store.checkLead() }
            throw error
        }
    }

    private func note(_ error: any Error) {
        let fault = writeFault(error)
        guard fault != trouble else { return }
        trouble = fault
        logger.error("the task store cannot be used", metadata: ["error": "\(error)"])
    }

    /// Why a write was refused, for people: what the store says of the disk, if it does.
    func writeFault(_ error: any Error) -> Fault {
        (error as? TaskStoreError)?.writeFault ?? TaskStoreError.refused
    }
}
