import Messages

/// From memory to the disk, and from there to everybody who is told.
extension DispatcherService {
    /// Waits until everything that has happened up to now is on disk.
    ///
    /// Every `await` may let others go first, even one of an actor's own function: what is waited for may be on disk,
    /// or lost, before this begins to wait. So the caller says what it has seen.
    /// - Parameter failures: ``DispatcherService/failures`` at the time of the change.
    /// - Throws: ``Fault`` `storage_failed` when it could not be written, and nothing of it has happened then;
    ///   `not_leader` when another process leads now.
    func committed(since failures: UInt64) async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            guard failures == self.failures, phase == .serving else { return waiter.resume(throwing: lostFault) }
            pending.waiters.append(waiter)
            startCommit()
        }
    }

    /// Why a change was not written.
    var lostFault: Fault {
        phase == .deposed || phase == .stopping ? notServing : trouble ?? TaskStoreError.refused
    }

    /// Starts to commit unless that is going on. The batch is cut a moment later, with all that arrives until then.
    func startCommit() {
        guard phase == .serving, !isCommitting, !pending.isEmpty || isRenewalDue else { return }
        isCommitting = true
        Task(executorPreference: reactor) { await self.commitAll() }
    }

    private func commitAll() async {
        while phase == .serving || phase == .stopping, !pending.isEmpty || isRenewalDue && phase == .serving {
            let batch = cut()
            let rest = pending
            pending = Pending()
            if !batch.isEmpty {
                do { try await write(batch) } catch {
                    await recover(from: error, batch, failing: rest.waiters)
                    continue
                }
            }
            complete(batch, rest)
        }
        isCommitting = false
        for waiter in idle { waiter.resume() }
        idle = []
    }

    /// Commits a batch. When the process was stopped meanwhile, the lease may be another's now: then what follows the
    /// commit is the other's, too.
    private func write(_ batch: CommitBatch) async throws {
        let start = clock.lease()
        try await store.commit(batch)
        if batch.renews { renewedAt = start }
        guard !isCertain else { return }
        do { try await store.checkLead() } catch  where isNotLeader(error) { throw error } catch {
            // What is written is written; the next commit asks again.
            logger.warning("whether this process still leads cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// What is to be written now.
    private func cut() -> CommitBatch {
        tellPlaces()
        return CommitBatch(
            records: pending.dirty.compactMap { live[$0]?.machine.record }.sorted { $0.ordinal < $1.ordinal },
            creations: pending.creations, events: pending.events,
            approvals: pending.approvals.values.sorted { $0.id < $1.id }, renews: isRenewalDue)
    }

    /// The batch is on disk: everybody may know.
    private func complete(_ batch: CommitBatch, _ rest: Pending) {
        if !batch.records.isEmpty { recoveryPauseMs = DispatcherLimits.storagePauseMs }
        for record in batch.records {
            live[record.id]?.show(record)
            if record.state.isTerminal { live[record.id] = nil }
        }
        for effect in rest.effects { send(effect) }
        for (key, acks) in rest.acks { send(acks, to: key) }
        publish(batch.events)
        for waiter in rest.waiters { waiter.resume() }
    }
}
