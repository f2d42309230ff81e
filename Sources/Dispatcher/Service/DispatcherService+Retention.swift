import Messages

/// What is deleted, by its owner or by its age, leaves the disk in short steps.
extension DispatcherService {
    /// It is time to look for tasks that ended long ago.
    func retain() {
        setRetention(after: configuration.retentionSweepMs)
        sweepDeleted()
    }

    /// The next look is in so many ms.
    func setRetention(after ms: Int64) { deadlines.set(.retention, at: clock.monotonic() + ms) }

    /// Deletes what is to be deleted, unless that is going on; then again afterwards.
    func sweepDeleted() {
        wantsSweep = true
        guard !isSweeping, phase == .serving else { return }
        isSweeping = true
        Task(executorPreference: reactor) { await self.sweepAll() }
    }

    private func sweepAll() async {
        defer { isSweeping = false }
        do {
            while wantsSweep, phase == .serving {
                wantsSweep = false
                while phase == .serving, try await prune() { await pause() }
                while phase == .serving, try await sweepStep() { await pause() }
            }
        } catch {
            if isNotLeader(error) { return depose() }
            // The next look tries again.
            guard phase == .serving else { return }
            logger.warning("what was deleted is still on disk", metadata: ["error": "\(error)"])
        }
    }

    /// Deletes some tasks that ended long ago; whether there may be more.
    private func prune() async throws -> Bool {
        guard configuration.retentionDays > 0 else { return false }
        let before = clock.wall().adding(seconds: -configuration.retentionDays * 86_400)
        let tasks = try await store.prune(endedBefore: before, limit: DispatcherLimits.prunedTasks)
        guard !tasks.isEmpty else { return false }
        logger.info("old tasks deleted", metadata: ["tasks": "\(tasks.count)"])
        deleted(tasks)
        return tasks.count == DispatcherLimits.prunedTasks
    }

    private func sweepStep() async throws -> Bool {
        try await store.sweepDeletions(rows: DispatcherLimits.sweptRows, bytes: DispatcherLimits.sweptBytes)
    }

    /// Lets commits go first.
    private func pause() async { try? await Task.sleep(for: .milliseconds(DispatcherLimits.sweepPauseMs)) }

    /// These tasks are not there any more: whoever follows one is told so, and their keys are free.
    func deleted(_ tasks: [TaskID]) {
        recent.forget(tasks)
        guard !streams.isEmpty else { return }
        for task in tasks { failViewers(of: task, unknown(task)) }
    }
}
