import Messages

/// A turn of Claude Code that runs.
actor ClaudeRun: AgentRun {
    private let agent: ClaudeAgent
    private let turn: Turn
    private let sink: any TurnSink
    private var process: ClaudeProcess
    /// The grace that the end was asked for with; nil = nobody has asked.
    private var stopGrace: Double?
    private var stopping: Bool { stopGrace != nil }
    private var ended: Outcome?
    /// The session knows this turn, but not all that was before it.
    private var hasGap = false
    private var waiters: [CheckedContinuation<Outcome, Never>] = []

    init(agent: ClaudeAgent, turn: Turn, sink: any TurnSink, process: ClaudeProcess, resumed: Bool) {
        self.agent = agent
        self.turn = turn
        self.sink = sink
        self.process = process
        Task.detached { await self.run(resumed: resumed) }
    }

    private func run(resumed: Bool) async {
        if let notice = turn.history?.notice { await sink.emit([.log("notice", notice, source: "executor")]) }
        var ending = await give()
        if ending.isUnknownSession, resumed, !stopping {
            hasGap = true
            await sink.emit([Self.gone(turn)])
            await process.terminate(grace: 1)
            do {
                process = try await agent.startAnew(turn)
                ending = await give()
            } catch {
                let fault = error as? Fault ?? Fault(.spawnFailed, "\(error)")
                ending = .init(outcome: Outcome(state: .failed, fault: fault))
            }
        }
        // Before the end is known: the next turn may build on it. After a gap nothing counts as known, so that the next turn
        // gets the whole history.
        if ending.isTaken, !hasGap { agent.know(turn) }
        // A turn that is over leaves no process behind, the warm one but for.
        if await !process.endStrays(grace: stopGrace.map { min($0, 2) } ?? 0.5) {
            await sink.emit([.log("error", "some processes of a tool cannot be ended", source: "claude-code")])
        }
        // First back to the warm ones: the next turn may come as soon as the end of this one is known.
        await agent.release(process, of: turn.conversation)
        end(ending.outcome)
    }

    /// Gives the process the turn, unless a stop has come before.
    private func give() async -> ClaudeTranslator.Ending {
        if stopping { return .init(outcome: .cancelled) }
        return await process.run(turn.prompt, after: turn.history?.text, sink: sink)
    }

    /// What is said when the session turns out to be gone.
    static func gone(_ turn: Turn) -> AgentEvent {
        let rest = turn.history?.text == nil ? "what was said before" : "more of what was said before than it was told"
        return .log(
            "warning",
            "Claude Code no longer has the session of this conversation; a new one was started, which does not know "
                + rest, source: "claude-code")
    }

    private func end(_ outcome: Outcome) {
        ended = outcome
        for waiter in waiters { waiter.resume(returning: outcome) }
        waiters = []
    }

    func outcome() async -> Outcome {
        if let ended { return ended }
        return await withCheckedContinuation { waiters.append($0) }
    }

    func stop(grace: Double) async {
        guard !stopping, ended == nil else { return }
        stopGrace = grace
        await process.interrupt()
        Task.detached {
            // The interrupt ends a turn within milliseconds; a program that does not hear it gets the signals.
            try? await Task.sleep(for: .seconds(min(grace / 2, 2)))
            await self.force(grace: grace / 2)
        }
    }

    private func force(grace: Double) async {
        guard ended == nil else { return }
        await process.terminate(grace: grace)
    }
}
