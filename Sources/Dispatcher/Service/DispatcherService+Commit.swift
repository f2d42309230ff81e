import Messages

/// Commits decisions, then answers peers.
extension DispatcherService {
    /// Settles, and waits until every change of a task up to now is on disk.
    ///
    /// Any `await`, even of one of the actor's own functions, can let a commit end or fail first. So the caller passes
    /// the number of failures at its change.
    /// - Parameter failures: ``Committer/failures(of:)`` at the time of the change.
    /// - Throws: ``Fault`` `storage_failed` when the change was not written and has not happened; `not_leader` when
    ///   another process leads now.
    func commit(_ task: TaskID, since failures: UInt64) async throws {
        settle()
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            guard failures == committer.failures(of: task), phase == .serving else {
                return waiter.resume(throwing: lostFault)
            }
            committer.wait(waiter, for: task)
            startCommit()
        }
    }

    /// Starts the commit loop unless it runs. The first batch is cut a moment later, with all that arrives until then.
    func startCommit() {
        guard phase == .serving, hasChanges || lease.isRenewalDue, committer.start() else { return }
        Task(executorPreference: reactor) { await self.commitAll() }
    }

    private var hasChanges: Bool { !committer.isEmpty || !positions.isEmpty }

    private func commitAll() async {
        while phase == .serving && (hasChanges || lease.isRenewalDue) || phase == .stopping && hasChanges {
            publishPositions()
            let cut = committer.cut(renews: lease.isRenewalDue) { live[$0]?.machine }
            do {
                try await write(cut.batch)
                deliver(cut)
            } catch  where isRefusal(error) && !cut.parts.isEmpty {
                await commitApart(cut, error)
            } catch {
                await recover(from: error, cut)
            }
        }
        committer.stop()
    }

    /// Commits a batch. If the lease is no longer certain afterwards, checks in the store that this process still
    /// leads: after a freeze another process may, and then nothing may follow the commit.
    func write(_ batch: CommitBatch) async throws {
        if batch.isEmpty { return }
        let start = clock.lease()
        try await store.commit(batch)
        if batch.renews { lease.renewed(at: start) }
        guard !lease.isCertain else { return }
        do { try await store.checkLead() } catch  where isNotLeader(error) { throw error } catch {
            // The batch is on disk; the next commit checks again.
            logger.warning("the lease cannot be read", metadata: ["error": "\(error)"])
        }
    }
}
