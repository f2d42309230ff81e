import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One Claude Code process of a conversation, for any number of turns while it is warm, one at a time.
///
/// Nothing that it does runs without a turn: a process that asks its model between two turns is killed at once.
actor ClaudeProcess: WarmProcess, AgentReader {
    nonisolated let directory: String
    let process: AgentProcess
    /// What it may do without asking, as it was started.
    nonisolated let permission: PermissionMode
    var asked: ClaudeRequests
    /// It may have entered plan mode by itself; then its mode is unknown until it ends.
    private var hasChangedMode = false
    /// It may start by itself at some time after its turn.
    private var hasTimers = false
    /// Whether it had a turn.
    private var hasWorked = false
    private let keepSession: @Sendable (String) -> Void
    var translator = ClaudeTranslator()
    var turn: ClaudeOpenTurn?
    private var exit: (status: ExitStatus, errors: String)?
    /// It has ended or is about to, though not all of its output was read yet.
    var isEnding = false
    private var session: String?
    /// It has replied to the first request, reported that its session is missing, or ended.
    private let opened = OneShotEvent()
    /// It reported that its session is missing, which it may do before its first turn.
    private var unknownSession: ClaudeTranslator.Ending?
    private var requests = 0
    /// It has begun with a turn, or ended.
    private let begun = OneShotEvent()
    /// Whether it says what happens to a message, so that a second one in a turn can be followed.
    private var saysMessages = false
    private let decoder = JSONDecoder()

    /// Starts the process and opens the conversation with it.
    static func start(
        _ command: Command, in children: LiveChildren, permission: PermissionMode,
        keepSession: @escaping @Sendable (String) -> Void
    ) async throws -> ClaudeProcess {
        let child = try await AgentProcess.start(command, in: children)
        let process = ClaudeProcess(
            process: child, directory: command.directory, permission: permission, keepSession: keepSession)
        child.follow(process)
        await process.write(ClaudeMessages.initialize(id: process.nextRequest()))
        return process
    }

    private init(
        process: AgentProcess, directory: String, permission: PermissionMode,
        keepSession: @escaping @Sendable (String) -> Void
    ) {
        self.process = process
        self.directory = directory
        self.permission = permission
        asked = ClaudeRequests(directory: directory, isPlanning: permission == .plan)
        self.keepSession = keepSession
    }

    /// Whether another turn can be given to it.
    var isUsable: Bool {
        exit == nil && turn == nil && !isEnding && !hasChangedMode && !hasTimers
            && asked.isPlanning == (permission == .plan)
    }

    /// Gives it a turn and waits for the end of all of the turn's work, all events emitted.
    /// - Parameter endsWork: whether what the turn leaves in the background is ended with it.
    func run(
        _ prompt: String, after history: String? = nil, endsWork: Bool = false, sink: any TurnSink
    ) async -> ClaudeTranslator.Ending {
        if exit != nil { return failure() }
        return await withCheckedContinuation { continuation in
            let id = UUID().uuidString.lowercased()
            hasWorked = true
            turn = ClaudeOpenTurn(state: ClaudeTurn(prompt: id, endsWork: endsWork), sink: sink, end: continuation)
            write(ClaudeMessages.user(prompt, id: id, after: history))
        }
    }

    /// Seconds in which the process begins with a turn; a healthy one takes less than one.
    private static let beginTimeout = 10.0

    /// Gives a message of a person to the running turn. The agent sees it at its next request to the model.
    /// - Throws: ``Fault`` with code `conflict` where the turn has ended; `steer_unsupported` for a version that does not
    ///   say what becomes of a message: it could be lost, or carried out and sent again.
    func steer(_ message: PersonMessage) async throws {
        if !saysMessages { _ = await begun.wait(within: Self.beginTimeout) }
        guard saysMessages || exit != nil else {
            throw Fault(
                .steerUnsupported,
                "this version of Claude Code takes no messages while a turn runs; update it, or send a new task")
        }
        guard turn?.isEnding == false, !isEnding else {
            throw Fault(.conflict, "the turn is ending; send the message as a new task")
        }
        let id = UUID().uuidString.lowercased()
        turn?.add(message, id: id)
        write(ClaudeMessages.user(message.text, id: id))
        await perform(turn?.state.give(id) ?? [])
    }

    /// Returns whether it reports within `seconds` that the session to resume is missing, which it does before it
    /// replies to anything.
    func hasNoSession(within seconds: Double) async -> Bool {
        _ = await opened.wait(within: seconds)
        return unknownSession != nil
    }

    /// Asks it to end the turn with what was written so far, and with everything that runs in the background.
    func interrupt() async {
        guard turn != nil else { return }
        turn?.interrupt()
        write(ClaudeMessages.interrupt(id: nextRequest()))
        await perform(turn?.state.stop() ?? [])
    }

    /// Ends a turn that only waits for its background work; a turn that still works is left alone.
    func wrapUp(_ why: String) async { await perform(turn?.state.wrapUp() ?? [], why: why) }

    /// Ends the process and everything that it has started, by force after `grace` seconds.
    func terminate(grace: Double) async {
        turn?.interrupt()
        isEnding = true
        await process.terminate(grace: grace)
    }

    /// Ends what a turn's tools have left behind. The process's own group stays: it holds servers of tools, which the
    /// next turn needs. Claude Code gives a tool's shell a group of its own.
    /// - Returns: whether nothing is left.
    func endStrays(grace: Double) async -> Bool { await process.endStrays(grace: grace) }

    /// Ends it between turns: it exits by itself when its input ends, else by force.
    func shutDown(grace: Double) async {
        isEnding = true
        await process.shutDown(grace: grace)
    }

    func nextRequest() -> String {
        requests += 1
        return "wegent-\(requests)"
    }

    func write(_ line: [UInt8]) { process.write(line) }

    // MARK: Output

    var isPaused: Bool { get async { await turn?.sink.isPaused ?? false } }

    func ending() { isEnding = true }

    func exited(_ status: ExitStatus, errors: String) async {
        exit = (status, errors)
        opened.fire()
        begun.fire()
        var rest = translator.close()
        await emit(&rest)
        guard let first = turn?.state.first else { return end(failure()) }
        // The person's turn has its outcome; what it had left in the background is gone with the process.
        if turn?.closing == nil {
            let what = turn?.state.work.isEmpty == false ? turn?.state.work.summary() : nil
            await log("warning", "Claude Code \(status.summary) while \(what ?? "background work") went on")
        }
        end(first)
    }

    func dropped() async { await log("error", "Claude Code wrote a line that is too long; it was dropped") }

    func read(_ lines: [[UInt8]]) async {
        var events: [AgentEvent] = []
        for line in lines {
            let line = Data(line)
            let decoded = try? decoder.decode(ClaudeLine.self, from: line)
            if let meaning = ClaudeTurnLine.meaning(of: decoded?.type, line, decoder),
                turn == nil || meaning != .activity
            {
                await emit(&events)
                await read(meaning)
            }
            if decoded?.entersPlan == true { hasChangedMode = true }
            if decoded?.setsTimer == true { hasTimers = true }
            for output in decoded.map({ translator.read($0) }) ?? translator.ignore(Array(line)) {
                await take(output, &events)
            }
        }
        await emit(&events)
    }

    private func take(_ output: ClaudeTranslator.Output, _ events: inout [AgentEvent]) async {
        switch output {
        case .event(let event): events.append(event)
        case .session(let id): record(session: id)
        case .permission(let id, let request):
            await emit(&events)
            await ask(id, request)
        case .answered: opened.fire()
        case .withdrawn(let id):
            asked.withdraw(id)
            await turn?.sink.withdraw(id)
        case .unknownRequest(let request): write(ClaudeMessages.unsupported(request: request))
        case .hopeless: giveUp()
        case .ended(let ending):
            await emit(&events)
            await ended(ending)
        }
    }

    private func emit(_ events: inout [AgentEvent]) async {
        guard !events.isEmpty else { return }
        await turn?.sink.emit(events)
        events = []
    }

    func log(_ level: String, _ message: String) async {
        await turn?.sink.emit([.log(level, message, source: "claude-code")])
    }

    private func record(session id: String) {
        turn?.state.sessionBegun()
        begun.fire()
        guard id != session else { return }
        session = id
        keepSession(id)
    }

    // MARK: The turn

    /// Takes what a line means for the turn. A process that begins to work without one is killed.
    private func read(_ meaning: ClaudeTurnLine.Meaning) async {
        if case .message = meaning {
            saysMessages = true
            begun.fire()
        }
        if turn != nil { return await perform(turn?.state.read(meaning) ?? []) }
        guard hasWorked, !isEnding, meaning.isWork else { return }
        isEnding = true
        Task { await self.process.terminate(grace: 0) }
    }

    private func ended(_ ending: ClaudeTranslator.Ending) async {
        if ending.isUnknownSession {
            unknownSession = ending
            opened.fire()
            return end(ending)
        }
        await perform(turn?.state.ended(ending) ?? [])
    }

    func perform(_ effects: [ClaudeTurn.Effect], why: String? = nil) async {
        for effect in effects {
            switch effect {
            case .taken(let id):
                if let message = turn?.remove(id) { await turn?.sink.emit(message.events) }
            case .dropped(let id):
                if turn?.remove(id) != nil { await log("warning", "Claude Code did not take a message to the turn") }
            case .waiting(let work):
                if let event = turn?.waiting(for: work) { await turn?.sink.emit([event]) }
            case .watchReports(let count): watchReports(count)
            case .laterFailure(let outcome):
                if turn?.interrupted == false, turn?.closing == nil {
                    await log("warning", "a later turn has failed: \(outcome.fault?.message ?? "no reason is given")")
                }
            case .over: if let first = turn?.state.first { end(first) }
            case .end(let work): await close(work, why ?? turn?.reason ?? "")
            }
        }
    }

    private func end(_ ending: ClaudeTranslator.Ending) {
        for answer in asked.close() { write(answer) }
        turn?.finish(ending)
        turn = nil
    }

    private func failure() -> ClaudeTranslator.Ending {
        if let unknownSession { return unknownSession }
        if let verdict = translator.verdict { return verdict }
        let last = exit?.errors.split(whereSeparator: \.isNewline).last
        let why = last.map { ": \($0.prefix(500))" } ?? ""
        return ClaudeTranslator.Ending(
            outcome: .failed(
                .agentFailed, "Claude Code \(exit?.status.summary ?? "ended") before its turn was over\(why)",
                exitCode: exit?.status.code))
    }
}
