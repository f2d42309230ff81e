import Messages

/// The ends of a turn that its process does not bring about by itself.
extension ClaudeProcess {
    /// Seconds in which an interrupt ends a request that is repeated; a healthy process takes milliseconds.
    private static let interruptTimeout = 2.0

    /// Ends a turn that cannot succeed now. It is not stopped by a person: its result has the outcome.
    func giveUp() {
        write(ClaudeMessages.interrupt(id: nextRequest()))
        let prompt = turn?.state.prompt
        Task {
            try? await Task.sleep(for: .seconds(Self.interruptTimeout))
            guard self.translator.verdict != nil, self.turn?.state.prompt == prompt else { return }
            self.isEnding = true
            await self.process.terminate(grace: 0.5)
        }
    }

    /// Seconds in which the agent begins to answer a report of background work; a healthy one takes milliseconds.
    private static let reportTimeout = 5.0

    func watchReports(_ count: Int) {
        let prompt = turn?.state.prompt
        Task {
            try? await Task.sleep(for: .seconds(Self.reportTimeout))
            guard self.turn?.state.prompt == prompt else { return }
            await self.perform(self.turn?.state.reportsAreLate(count) ?? [])
        }
    }

    /// Seconds in which the process ends its background work and itself.
    private static let closingTimeout = 1.0

    /// Ends the process with what the turn has left in the background. Its session is resumed by the next turn, which
    /// learns from it what was ended. The turn ends when the process has ended.
    func close(_ work: BackgroundWork, _ why: String) async {
        guard turn?.closing == nil else { return }
        turn?.closing = why
        isEnding = true
        let request = ClaudeMessages.endSession(id: nextRequest())
        if turn?.interrupted == false { write(ClaudeMessages.interrupt(id: nextRequest())) }
        write(request)
        let process = process
        Task {
            if await !process.child.isGone(within: Self.closingTimeout) { await process.terminate(grace: 0.5) }
        }
        // Permission is no longer needed for work that ends now.
        for id in asked.abandon() { await turn?.sink.withdraw(id) }
        let what = work.isEmpty ? "the agent's own follow-up turn" : work.summary()
        await log("notice", "ended \(what) (\(why))")
    }
}
