import Messages

/// A running turn of Claude Code.
actor ClaudeRun: AgentRun {
    private let agent: ClaudeAgent
    private let turn: Turn
    private let sink: any TurnSink
    /// What the agent is asked: the prompt, or to continue.
    private var prompt: String
    private let endsWork: Bool
    private var process: ClaudeProcess
    /// The grace of the stop; nil = no stop was asked for.
    private var stopGrace: Double?
    private var stopping: Bool { stopGrace != nil }
    private var ended: TurnOutcome?
    /// The session knows this turn, but not everything before it.
    private var hasGap = false
    private var continuations: [CheckedContinuation<TurnOutcome, Never>] = []

    init(
        agent: ClaudeAgent, turn: Turn, sink: any TurnSink, process: ClaudeProcess, resumed: Bool,
        background: Background
    ) {
        self.agent = agent
        self.turn = turn
        self.sink = sink
        let continues = turn.resumes && agent.memory(of: turn.conversation)?.last == turn.attempt.task
        prompt = continues ? Self.goOn : turn.prompt
        endsWork = background == .stop
        self.process = process
        Task.detached { await self.run(resumed: resumed) }
    }

    /// The prompt after a usage limit.
    private static let goOn =
        "The usage limit that stopped you has been reset. Continue with what you were doing."

    private func run(resumed: Bool) async {
        if let notice = turn.history?.notice { await sink.emit([.log("notice", notice, source: "executor")]) }
        var ending = await runTurn()
        if ending.isUnknownSession, resumed, !stopping {
            hasGap = true
            await sink.emit([Self.sessionGone(turn)])
            await process.terminate(grace: 1)
            do {
                process = try await agent.startAnew(turn)
                // A new session has nothing to continue.
                prompt = turn.prompt
                ending = await runTurn()
            } catch {
                let fault = error as? Fault ?? Fault(.spawnFailed, "\(error)")
                ending = .init(outcome: TurnOutcome(state: .failed, fault: fault))
            }
        }
        // Recorded before the outcome is returned, since the next turn may start at once. After a gap nothing counts as
        // known, so that the next turn gets the whole history.
        if ending.isKnown, !hasGap { agent.markKnown(turn) }
        // After a turn, ends every process it started except the warm agent.
        if await !process.endStrays(grace: stopGrace.map { min($0, 2) } ?? 0.5) {
            await sink.emit([.log("error", "some processes of a tool cannot be ended", source: "claude-code")])
        }
        // The process is released before the outcome is returned, since the next turn may start at once.
        await agent.release(process, of: turn.conversation)
        var outcome = ending.outcome
        outcome.retryAt = ending.retryAt
        end(outcome)
    }

    /// Gives the turn to the process, unless it was stopped before.
    private func runTurn() async -> ClaudeTranslator.Ending {
        if stopping { return .init(outcome: .cancelled) }
        return await process.run(prompt, after: turn.history?.text, endsWork: endsWork, sink: sink)
    }

    /// The notice that the session is gone.
    static func sessionGone(_ turn: Turn) -> AgentEvent {
        let rest = turn.history?.text == nil ? "the conversation so far" : "more of the conversation than it was given"
        return .log(
            "warning",
            "Claude Code no longer has the session of this conversation; a new one was started, which does not know "
                + rest, source: "claude-code")
    }

    private func end(_ outcome: TurnOutcome) {
        ended = outcome
        for continuation in continuations { continuation.resume(returning: outcome) }
        continuations = []
    }

    func outcome() async -> TurnOutcome {
        if let ended { return ended }
        return await withCheckedContinuation { continuations.append($0) }
    }

    func stop(grace: Double) async {
        guard !stopping, ended == nil else { return }
        stopGrace = grace
        await process.interrupt()
        Task.detached {
            // The interrupt ends a turn within milliseconds; a program that ignores it gets the signals.
            try? await Task.sleep(for: .seconds(min(grace / 2, 2)))
            await self.force(grace: grace / 2)
        }
    }

    func wrapUp(_ why: String) async {
        guard ended == nil, !stopping else { return }
        await process.wrapUp(why)
    }

    func steer(_ message: PersonMessage) async throws {
        guard ended == nil, !stopping else {
            throw Fault(.conflict, "the turn has ended; send the message as a new task")
        }
        try await process.steer(message)
    }

    private func force(grace: Double) async {
        guard ended == nil else { return }
        await process.terminate(grace: grace)
    }
}
