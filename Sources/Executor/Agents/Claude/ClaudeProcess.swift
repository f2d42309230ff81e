import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One Claude Code process: a conversation's, for as many turns as come while it is warm, one at a time.
actor ClaudeProcess {
    /// A turn that waits for its end.
    private struct OpenTurn {
        var sink: any TurnSink
        var end: CheckedContinuation<ClaudeTranslator.Ending, Never>
        var interrupted = false
        /// It has begun with it, so that its session knows it.
        var taken = false
    }

    nonisolated let directory: String
    private let child: Child
    /// What it may do unasked, as it was started.
    nonisolated let permission: PermissionMode
    /// Whether it may only look: until a person lets it carry out its plan.
    private var isPlanning: Bool
    /// It may have gone into plan mode by itself, and is in a mode of its own until it ends.
    private var hasMoved = false
    private let keepSession: @Sendable (String) -> Void
    private var translator = ClaudeTranslator()
    private var turn: OpenTurn?
    private var exit: ExitStatus?
    /// It has ended or is about to, though not everything it has said was read yet.
    private var isEnding = false
    /// The end of what it wrote to standard error, to explain a death.
    private var complaint: [UInt8] = []
    private var session: String?
    /// It has answered the first request, said that it has not got the session, or ended.
    private let opened = Occurrence()
    /// It said that it has not got the session, which it may say before its first turn is given to it.
    private var unknownSession: ClaudeTranslator.Ending?
    private var requests = 0
    /// What it has asked and waits for.
    private var waiting: Set<String> = []
    private let decoder = JSONDecoder()

    /// Starts the process and opens the conversation with it.
    static func start(
        _ command: Command, in children: LiveChildren, permission: PermissionMode,
        keepSession: @escaping @Sendable (String) -> Void
    ) async throws -> ClaudeProcess {
        let child = try await Child.start(command, input: true, in: children)
        let process = ClaudeProcess(
            child: child, directory: command.directory, permission: permission, keepSession: keepSession)
        Task.detached { await process.follow() }
        await process.write(ClaudeMessages.initialize(id: process.nextRequest()))
        return process
    }

    private init(
        child: Child, directory: String, permission: PermissionMode, keepSession: @escaping @Sendable (String) -> Void
    ) {
        self.child = child
        self.directory = directory
        self.permission = permission
        isPlanning = permission == .plan
        self.keepSession = keepSession
    }

    /// Whether another turn can be given to it.
    var isUsable: Bool {
        exit == nil && turn == nil && !isEnding && !hasMoved && isPlanning == (permission == .plan)
    }

    /// Gives it a turn and waits for the end, all events emitted.
    func run(_ prompt: String, after history: String? = nil, sink: any TurnSink) async -> ClaudeTranslator.Ending {
        if let exit { return died(exit) }
        return await withCheckedContinuation { continuation in
            turn = OpenTurn(sink: sink, end: continuation)
            write(ClaudeMessages.user(prompt, after: history))
        }
    }

    /// Whether it has said within `seconds` that it has not got the session that it was to resume, which it does before it
    /// answers anything.
    func hasNoSession(within seconds: Double) async -> Bool {
        _ = await opened.wait(within: seconds)
        return unknownSession != nil
    }

    /// Asks it to end the turn with what was said so far.
    func interrupt() {
        guard turn != nil else { return }
        turn?.interrupted = true
        write(ClaudeMessages.interrupt(id: nextRequest()))
    }

    /// Ends the process and everything it has started, by force after `grace` seconds.
    func terminate(grace: Double) async {
        turn?.interrupted = true
        isEnding = true
        await child.end(grace: grace)
        child.closeStreams()
    }

    /// Ends what a turn's tools have left behind. What is in the process's own group stays with it: servers of tools,
    /// which are kept for the next turn. A tool's shell gets a group of its own from Claude Code.
    /// - Returns: whether nothing of it is left.
    func endStrays(grace: Double) async -> Bool { await child.endStrays(grace: grace) }

    /// Ends it between turns: it leaves by itself when its input ends, and by force when not.
    func shutDown(grace: Double) async {
        isEnding = true
        child.output.channel.close(mode: .output, promise: nil)
        if await !child.isGone(within: grace) { await terminate(grace: grace) }
    }

    private func nextRequest() -> String {
        requests += 1
        return "wegent-\(requests)"
    }

    private func write(_ line: [UInt8]) {
        child.output.channel.writeAndFlush(ByteBuffer(bytes: line), promise: nil)
    }

    // MARK: What it says

    /// How long what was written before the end may take to be read, once nobody is left who could write more.
    private static let patience = 5.0

    private func follow() async {
        let read = Occurrence()
        let readers = Task.detached {
            async let output: Void = self.followOutput()
            async let errors: Void = self.followErrors()
            _ = await (output, errors)
            read.happen()
        }
        let status = await child.wait()
        isEnding = true
        // What it left behind would hold its outputs open, and must be gone before the turn is over.
        await child.end(grace: 0.5)
        var last = ContinuousClock.now + .seconds(ExecutorLimits.starvation)
        while await !read.wait(within: Self.patience) {
            if await turn?.sink.isPaused == true {
                last = .now + .seconds(ExecutorLimits.starvation)
                continue
            }
            guard child.hasUnread, ContinuousClock.now < last else {
                child.closeStreams()
                break
            }
        }
        await readers.value
        exit = status
        opened.happen()
        end(died(status))
    }

    private func followOutput() async {
        var lines = LineSplitter()
        try? await child.output.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                let skipped = lines.skipped
                await read(lines.feed(Array(buffer: buffer)))
                guard lines.skipped > skipped else { continue }
                await turn?.sink.emit([
                    .log("error", "Claude Code wrote a line that is too long to be taken", source: "claude-code")
                ])
            }
        }
        if let rest = lines.finish() { await read([rest]) }
    }

    private func followErrors() async {
        try? await child.errors.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                complaint += Array(buffer: buffer).suffix(4096)
                complaint = complaint.suffix(4096)
            }
        }
    }

    private func read(_ lines: [[UInt8]]) async {
        var events: [AgentEvent] = []
        for line in lines {
            let line = try? decoder.decode(ClaudeLine.self, from: Data(line))
            if line?.entersPlan == true { hasMoved = true }
            let outputs = line.map { translator.read($0) } ?? translator.ignore()
            for output in outputs {
                switch output {
                case .event(let event): events.append(event)
                case .session(let id): note(id)
                case .permission(let id, let request):
                    await emit(&events)
                    await ask(id, request)
                case .answered: opened.happen()
                case .withdrawn(let id):
                    waiting.remove(id)
                    await turn?.sink.withdraw(id)
                case .unknownRequest(let request): write(ClaudeMessages.unsupported(request: request))
                case .ended(let ending):
                    await emit(&events)
                    end(ending)
                }
            }
        }
        await emit(&events)
    }

    private func emit(_ events: inout [AgentEvent]) async {
        guard !events.isEmpty else { return }
        await turn?.sink.emit(events)
        events = []
    }

    private func note(_ id: String) {
        turn?.taken = true
        guard id != session else { return }
        session = id
        keepSession(id)
    }

    // MARK: What it asks

    /// Passes a wish on to a person; what it says meanwhile is read on.
    private func ask(_ id: String, _ request: ControlRequest) async {
        guard let sink = turn?.sink else {
            return write(ClaudeMessages.deny(request: id, message: "nobody has given this process a task"))
        }
        let wish = ClaudePermission.wish(id, request, in: directory)
        if let why = ClaudePermission.unreadable(request) {
            await sink.emit([.log("error", "\(wish.tool) was denied: \(why)", source: "claude-code")])
            return deny(id, why)
        }
        if isPlanning, ClaudePermission.isOutOfPlan(request) {
            await sink.emit([
                .log("notice", "\(wish.title) was denied: the task is in plan mode", source: "claude-code")
            ])
            return write(ClaudeMessages.deny(request: id, message: Self.planning))
        }
        waiting.insert(id)
        await sink.ask(wish) { await self.answer(wish, $0) }
    }

    private static let planning =
        "this task is in plan mode: nothing may be changed. Write down your plan and present it with ExitPlanMode"

    private func answer(_ wish: PermissionWish, _ verdict: PermissionVerdict) {
        // The first answer counts, and none that comes after its turn.
        guard waiting.remove(wish.request) != nil else { return }
        switch verdict {
        case .allow where turn?.interrupted != false: deny(wish.request, Self.ending)
        case .allow(let rules):
            // From now on it does more than look, and keeps to that: it is no process for another turn in plan mode.
            if wish.tool == "ExitPlanMode" { isPlanning = false }
            write(ClaudeMessages.allow(request: wish.request, input: wish.input, rules: rules))
        case .deny(let message): deny(wish.request, message)
        }
    }

    private static let ending = "the task is ending"

    private func deny(_ request: String, _ message: String) {
        write(ClaudeMessages.deny(request: request, message: message))
    }

    private func end(_ ending: ClaudeTranslator.Ending) {
        if ending.isUnknownSession {
            unknownSession = ending
            opened.happen()
        }
        // Nobody answers any more, and a process that is kept warm must not wait for it.
        for request in waiting.sorted() { deny(request, Self.ending) }
        waiting = []
        guard let turn else { return }
        self.turn = nil
        var ending = ending
        ending.isTaken = turn.taken
        if turn.interrupted, ending.outcome.state == .failed { ending.outcome = .cancelled }
        turn.end.resume(returning: ending)
    }

    private func died(_ status: ExitStatus) -> ClaudeTranslator.Ending {
        if let unknownSession { return unknownSession }
        let last = String(decoding: complaint, as: UTF8.self).split(whereSeparator: \.isNewline).last
        let why = last.map { ": \($0.prefix(500))" } ?? ""
        return ClaudeTranslator.Ending(
            outcome: .failed(
                .agentFailed, "Claude Code \(status.sentence) before its turn was over\(why)", exitCode: status.code))
    }
}
