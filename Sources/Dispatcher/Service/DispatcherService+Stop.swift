import Messages

extension DispatcherService {
    /// Refuses new input, and waits up to ``DispatcherConfiguration/drainS`` until every decided change is on disk.
    func stop() async {
        guard phase != .stopping else { return }
        phase = .stopping
        failSteers(notServing)
        lease.end()
        let limit = Duration.seconds(configuration.drainS)
        let timeout = Task(executorPreference: reactor) {
            try await Task.sleep(for: limit)
            await self.abandonCommit()
        }
        await withCheckedContinuation { committer.whenIdle($0) }
        timeout.cancel()
        committer.discard(notServing)
        positions.clear()
    }

    /// Gives up the changes that have not reached the disk in time: they have not happened.
    private func abandonCommit() {
        logger.error("changes were not committed before the stop")
        committer.resumeIdleWaiters()
    }
}
