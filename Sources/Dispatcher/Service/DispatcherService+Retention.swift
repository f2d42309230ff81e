import Messages

/// Old and deleted tasks leave the disk in short steps.
extension DispatcherService {
    /// Starts the sweep that is due.
    func tickSweeper() {
        if sweeper.isDue(clock.monotonic()) { sweep() }
    }

    /// Starts a sweep of old and deleted tasks and of expired keys; one that runs already does another round.
    func sweep() {
        guard phase == .serving, sweeper.start() else { return }
        Task(executorPreference: reactor) { await self.sweepAll() }
    }

    private func sweepAll() async {
        defer { sweeper.stop() }
        do {
            while phase == .serving, sweeper.nextRound() {
                while phase == .serving, try await prune() { await pause() }
                while phase == .serving, try await sweepConversations() { await pause() }
                while phase == .serving, try await sweepDeletions() { await pause() }
                while phase == .serving, try await sweepKeys() { await pause() }
                try await countLogs()
            }
        } catch {
            if isNotLeader(error) { return depose() }
            guard phase == .serving else { return }
            // The next sweep tries again.
            logger.warning("deleted tasks could not be removed from disk", metadata: ["error": "\(error)"])
        }
    }

    /// Deletes some tasks that ended long ago.
    /// - Returns: whether there may be more.
    private func prune() async throws -> Bool {
        guard configuration.retentionDays > 0 else { return false }
        let before = clock.wall().adding(seconds: -configuration.retentionDays * 86_400)
        let tasks = try await store.prune(endedBefore: before, limit: DispatcherLimits.prunedTasks)
        guard !tasks.isEmpty else { return false }
        logger.info("old tasks deleted", metadata: ["tasks": "\(tasks.count)"])
        deleted(tasks)
        return tasks.count == DispatcherLimits.prunedTasks
    }

    /// Deletes some tasks of deleted conversations.
    /// - Returns: whether there may be more.
    private func sweepConversations() async throws -> Bool {
        let (tasks, isLeft) = try await store.sweepConversations(limit: DispatcherLimits.prunedTasks)
        deleted(tasks)
        return isLeft
    }

    private func sweepDeletions() async throws -> Bool {
        try await store.sweepDeletions(rows: DispatcherLimits.sweptRows, bytes: DispatcherLimits.sweptBytes)
    }

    /// Lets commits go first.
    private func pause() async { try? await Task.sleep(for: .milliseconds(DispatcherLimits.sweepPauseMs)) }

    /// Tasks were deleted: ends their streams, and frees their ids and keys.
    func deleted(_ tasks: [TaskID]) {
        recent.forget(tasks)
        viewers.assumeIsolated { $0.deleted(tasks) }
    }

    /// Counts what owners have again, after deletions.
    private func countLogs() async throws {
        guard logLimits.user != nil else { return }
        let stored = try await store.logUsage()
        var uncommitted: [UserID: Int64] = [:]
        for task in live.values {
            let record = task.machine.record
            uncommitted[record.owner, default: 0] += record.logBytes - (task.stored?.record.logBytes ?? 0)
        }
        logUsage.load(stored, uncommitted: uncommitted)
    }

    private func sweepKeys() async throws -> Bool {
        let before = Timestamp(milliseconds: clock.wall().milliseconds - DispatcherLimits.idempotencyMs)
        return try await store.sweepKeys(before: before, rows: DispatcherLimits.sweptRows)
    }
}
