import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One Claude Code process of a conversation, for any number of turns while it is warm, one at a time.
actor ClaudeProcess {
    /// A turn that has not ended.
    private struct OpenTurn {
        var sink: any TurnSink
        var end: CheckedContinuation<ClaudeTranslator.Ending, Never>
        var interrupted = false
        /// The process has begun the turn, so that its session knows it.
        var isKnown = false
    }

    nonisolated let directory: String
    private let child: Child
    /// What it may do without asking, as it was started.
    nonisolated let permission: PermissionMode
    /// Whether it is in plan mode, until a person allows its plan.
    private var isPlanning: Bool
    /// It may have entered plan mode by itself; then its mode is unknown until it ends.
    private var hasChangedMode = false
    private let keepSession: @Sendable (String) -> Void
    private var translator = ClaudeTranslator()
    private var turn: OpenTurn?
    private var exit: ExitStatus?
    /// It has ended or is about to, though not all of its output was read yet.
    private var isEnding = false
    /// The end of its standard error, to explain a failure.
    private var standardError: [UInt8] = []
    private var session: String?
    /// It has replied to the first request, reported that its session is missing, or ended.
    private let opened = OneShotEvent()
    /// It reported that its session is missing, which it may do before its first turn.
    private var unknownSession: ClaudeTranslator.Ending?
    private var requests = 0
    /// Permission requests that it waits for.
    private var openRequests: Set<String> = []
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
        exit == nil && turn == nil && !isEnding && !hasChangedMode && isPlanning == (permission == .plan)
    }

    /// Gives it a turn and waits for the end, all events emitted.
    func run(_ prompt: String, after history: String? = nil, sink: any TurnSink) async -> ClaudeTranslator.Ending {
        if let exit { return failure(exit) }
        return await withCheckedContinuation { continuation in
            turn = OpenTurn(sink: sink, end: continuation)
            write(ClaudeMessages.user(prompt, after: history))
        }
    }

    /// Returns whether it reports within `seconds` that the session to resume is missing, which it does before it
    /// replies to anything.
    func hasNoSession(within seconds: Double) async -> Bool {
        _ = await opened.wait(within: seconds)
        return unknownSession != nil
    }

    /// Asks it to end the turn with what was written so far.
    func interrupt() {
        guard turn != nil else { return }
        turn?.interrupted = true
        write(ClaudeMessages.interrupt(id: nextRequest()))
    }

    /// Ends the process and everything that it has started, by force after `grace` seconds.
    func terminate(grace: Double) async {
        turn?.interrupted = true
        isEnding = true
        await child.end(grace: grace)
        child.closeStreams()
    }

    /// Ends what a turn's tools have left behind. The process's own group stays: it holds servers of tools, which the
    /// next turn needs. Claude Code gives a tool's shell a group of its own.
    /// - Returns: whether nothing is left.
    func endStrays(grace: Double) async -> Bool { await child.endStrays(grace: grace) }

    /// Ends it between turns: it exits by itself when its input ends, else by force.
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

    // MARK: Output

    /// Seconds to read what was written before the end, once nothing is left that could write more.
    private static let readTimeout = 5.0

    private func follow() async {
        let read = OneShotEvent()
        let readers = Task.detached {
            async let output: Void = self.followOutput()
            async let errors: Void = self.followErrors()
            _ = await (output, errors)
            read.fire()
        }
        let status = await child.wait()
        isEnding = true
        // What it left behind would hold its outputs open, and must be gone before the turn is over.
        await child.end(grace: 0.5)
        var last = ContinuousClock.now + .seconds(ExecutorLimits.pipeDrain)
        while await !read.wait(within: Self.readTimeout) {
            if await turn?.sink.isPaused == true {
                last = .now + .seconds(ExecutorLimits.pipeDrain)
                continue
            }
            guard child.hasUnread, ContinuousClock.now < last else {
                child.closeStreams()
                break
            }
        }
        await readers.value
        exit = status
        opened.fire()
        end(failure(status))
    }

    private func followOutput() async {
        var lines = LineSplitter()
        try? await child.output.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                let skipped = lines.skipped
                await read(lines.feed(Array(buffer: buffer)))
                guard lines.skipped > skipped else { continue }
                await turn?.sink.emit([
                    .log("error", "Claude Code wrote a line that is too long; it was dropped", source: "claude-code")
                ])
            }
        }
        if let rest = lines.finish() { await read([rest]) }
    }

    private func followErrors() async {
        try? await child.errors.executeThenClose { inbound, _ in
            for try await buffer in inbound {
                standardError += Array(buffer: buffer).suffix(4096)
                standardError = standardError.suffix(4096)
            }
        }
    }

    private func read(_ lines: [[UInt8]]) async {
        var events: [AgentEvent] = []
        for line in lines {
            let line = try? decoder.decode(ClaudeLine.self, from: Data(line))
            if line?.entersPlan == true { hasChangedMode = true }
            let outputs = line.map { translator.read($0) } ?? translator.ignore()
            for output in outputs {
                switch output {
                case .event(let event): events.append(event)
                case .session(let id): record(session: id)
                case .permission(let id, let request):
                    await emit(&events)
                    await ask(id, request)
                case .answered: opened.fire()
                case .withdrawn(let id):
                    openRequests.remove(id)
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

    private func record(session id: String) {
        turn?.isKnown = true
        guard id != session else { return }
        session = id
        keepSession(id)
    }

    // MARK: Permission requests

    /// Passes a permission request on to a person; its output is read meanwhile.
    private func ask(_ id: String, _ request: ControlRequest) async {
        guard let sink = turn?.sink else {
            return write(ClaudeMessages.deny(request: id, message: "this process has no task"))
        }
        let permission = ClaudePermission.permissionRequest(id, request, in: directory)
        if let why = ClaudePermission.unreadable(request) {
            await sink.emit([.log("error", "\(permission.tool) was denied: \(why)", source: "claude-code")])
            return deny(id, why)
        }
        if isPlanning, ClaudePermission.isOutOfPlan(request) {
            await sink.emit([
                .log("notice", "\(permission.title) was denied: the task is in plan mode", source: "claude-code")
            ])
            return write(ClaudeMessages.deny(request: id, message: Self.planning))
        }
        openRequests.insert(id)
        await sink.ask(permission) { await self.answer(permission, $0) }
    }

    private static let planning =
        "this task is in plan mode: nothing may be changed. Write down your plan and present it with ExitPlanMode"

    private func answer(_ request: PermissionRequest, _ decision: PermissionDecision) {
        // Only the first answer counts, and only during its turn.
        guard openRequests.remove(request.request) != nil else { return }
        switch decision {
        case .allow where turn?.interrupted != false: deny(request.request, Self.ending)
        case .allow(let rules, let answer):
            // From now on it may do more than plan: it is not reused for a turn in plan mode.
            if request.tool == "ExitPlanMode" { isPlanning = false }
            let input = ClaudePermission.input(of: request, answer)
            write(ClaudeMessages.allow(request: request.request, input: input, rules: rules))
        case .deny(let message, _): deny(request.request, message)
        }
    }

    private static let ending = "the task is ending"

    private func deny(_ request: String, _ message: String) {
        write(ClaudeMessages.deny(request: request, message: message))
    }

    private func end(_ ending: ClaudeTranslator.Ending) {
        if ending.isUnknownSession {
            unknownSession = ending
            opened.fire()
        }
        // These requests get no answer any more, and a warm process must not wait for one.
        for request in openRequests.sorted() { deny(request, Self.ending) }
        openRequests = []
        guard let turn else { return }
        self.turn = nil
        var ending = ending
        ending.isKnown = turn.isKnown
        if turn.interrupted, ending.outcome.state == .failed { ending.outcome = .cancelled }
        turn.end.resume(returning: ending)
    }

    private func failure(_ status: ExitStatus) -> ClaudeTranslator.Ending {
        if let unknownSession { return unknownSession }
        let last = String(decoding: standardError, as: UTF8.self).split(whereSeparator: \.isNewline).last
        let why = last.map { ": \($0.prefix(500))" } ?? ""
        return ClaudeTranslator.Ending(
            outcome: .failed(
                .agentFailed, "Claude Code \(status.summary) before its turn was over\(why)", exitCode: status.code))
    }
}
