import Messages

extension DispatcherService {
    /// Takes nothing more in, and waits until what was decided is on disk, at most
    /// ``DispatcherConfiguration/drainS``.
    func stop() async {
        guard phase != .stopping else { return }
        phase = .stopping
        lease.end()
        let limit = Duration.seconds(configuration.drainS)
        let timeout = Task(executorPreference: reactor) {
            try await Task.sleep(for: limit)
            await self.abandonCommit()
        }
        await withCheckedContinuation { committer.whenIdle($0) }
        timeout.cancel()
        committer.discard(notServing)
    }

    /// What was decided has not reached the disk in time: it has not happened.
    private func abandonCommit() {
        logger.error("the store has not taken what was decided before the stop")
        committer.resumeIdleWaiters()
    }
}
