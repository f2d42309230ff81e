import Messages

/// A failed commit: what it decided has not happened. Everything is loaded again and shown as it is on disk; changes are
/// refused with the reason until the store takes a write again.
extension DispatcherService {
    func recover(from error: any Error, _ cut: CommitCut) async {
        if isNotLeader(error) {
            depose()
        } else {
            _ = committer.setTrouble(.unwritten(error))
            logger.error("a commit failed", metadata: ["error": "\(error)", "tasks": "\(cut.parts.count)"])
        }
        let lost = committer.fail(lostFault, cut)
        // The tasks in memory are ahead of the disk until they are loaded: nothing may be committed from them, not even
        // by a stop.
        positions.clear()
        for (id, creation) in lost { recent.forget(id, key: creation.key) }
        // A stop that has begun meanwhile goes on.
        guard phase == .serving else { return }
        phase = .loading
        await reload()
        committer.lengthenPause()
    }

    private func reload() async {
        while phase == .loading || phase == .refusing {
            do {
                if phase == .loading { try await load(as: .refusing) }
                try? await Task.sleep(for: .milliseconds(committer.recoveryPauseMs))
                guard phase == .refusing else { continue }
                try await probeStore()
                try await load()
                logger.notice("tasks loaded again after a failed commit", metadata: ["tasks": "\(live.count)"])
            } catch {
                if isNotLeader(error) { return depose() }
                if committer.setTrouble(.unwritten(error)) {
                    logger.error("the task store cannot be used", metadata: ["error": "\(error)"])
                }
                if phase == .loading {
                    try? await Task.sleep(for: .milliseconds(DispatcherLimits.storagePauseMs))
                }
            }
        }
    }

    /// Renews the lease, to see whether the store takes a write; if it does not, checks the lead by reading.
    private func probeStore() async throws {
        let start = clock.lease()
        do {
            try await store.commit(CommitBatch(renews: true))
            lease.renewed(at: start)
        } catch {
            if !isNotLeader(error) { try await store.checkLead() }
            throw error
        }
    }
}
