import ArgumentParser
import Messages

/// The `claude-code` agent: runs this machine's own `claude`, with its user's login, settings and skills.
///
/// A conversation's process stays warm for a while after its turn, without holding a slot; later its session is resumed
/// by its id.
actor ClaudeAgent: AgentDriver {
    /// What does not change while the executor runs.
    struct Settings: Sendable {
        var program: ClaudeProgram
        /// The mode of tasks that choose none.
        var permission: PermissionMode
        /// Whether a task may choose ``PermissionMode/bypass``.
        var allowBypass: Bool
        var environment: [String: String]
        var children: LiveChildren
        var sessions: AgentSessions
        var times: ExecutorTimes
        /// What happens to background work of tasks that choose nothing.
        var background: Background = .wait
    }

    static var options: (any ParsableArguments.Type)? { ClaudeOptions.self }

    private let settings: Settings
    private let warm: WarmPool<ClaudeProcess>
    /// What the last check of the program has found wrong with it.
    private var broken: Fault?

    init(_ settings: Settings) {
        self.settings = settings
        warm = WarmPool(limit: settings.times.warm, most: settings.times.warmCount)
    }

    init(_ surroundings: AgentSurroundings) {
        let configuration = surroundings.configuration
        let environment = configuration.environment(for: Self.self)
        self.init(
            Settings(
                program: ClaudeProgram(
                    wanted: configuration.programs[Self.name] ?? "claude", environment: environment),
                permission: configuration.permissionMode, allowBypass: configuration.allowBypass,
                environment: environment, children: surroundings.children,
                sessions: AgentSessions(directory: surroundings.home.sessions), times: configuration.times,
                background: configuration.background))
    }

    func describe() async -> Messages.Agent {
        do {
            let version = try await settings.program.version(in: settings.children)
            broken = nil
            return Messages.Agent(
                name: name, version: version, ready: true, detail: UserHome(settings.environment).problem,
                permissionModes: modes, canSteer: true, hasTerminal: false)
        } catch {
            let fault = error as? Fault ?? Fault(.agentBroken, "\(error)")
            broken = fault
            return Messages.Agent(
                name: name, version: nil, ready: false, detail: fault.message, permissionModes: modes, canSteer: true,
                hasTerminal: false)
        }
    }

    /// The modes that a task may choose.
    private var modes: [PermissionMode] { PermissionMode.all.filter { $0 != .bypass || settings.allowBypass } }

    func start(_ turn: Turn, sink: any TurnSink) async throws -> any AgentRun {
        _ = try settings.program.locate()
        if broken != nil {
            _ = await describe()
            if let broken { throw broken }
        }
        let (process, resumed) = try await process(for: turn)
        return ClaudeRun(
            agent: self, turn: turn, sink: sink, process: process, resumed: resumed,
            background: turn.background ?? settings.background)
    }

    nonisolated func check(_ mode: PermissionMode?, on device: String) throws {
        guard mode == .bypass, !settings.allowBypass else { return }
        throw Fault(
            .permissionModeNotAllowed,
            "\(device) does not allow the permission mode bypass; its owner allows it by "
                + "starting wegent-executor with --allow-bypass")
    }

    nonisolated func memory(of conversation: ConversationID) -> AgentMemory? {
        AgentMemory(last: settings.sessions.entry(of: conversation)?.last)
    }

    /// Records that the conversation's session knows a turn.
    nonisolated func markKnown(_ turn: Turn) { settings.sessions.markKnown(turn.attempt.task, of: turn.conversation) }

    /// Returns the conversation's warm process, or a new one that resumes its session.
    private func process(for turn: Turn) async throws -> (ClaudeProcess, resumed: Bool) {
        if let kept = await warm.take(turn.conversation) {
            if kept.directory == turn.directory, kept.permission == mode(of: turn), await kept.isUsable {
                return (kept, false)
            }
            await kept.shutDown(grace: 1)
        }
        let entry = settings.sessions.entry(of: turn.conversation)
        let process = try await spawn(turn, resuming: entry?.session)
        guard entry != nil else { return (process, false) }
        // If the session is missing, the history can still be requested before the turn starts.
        if turn.follows != nil, await process.hasNoSession(within: Self.openTimeout) {
            await process.terminate(grace: 1)
            settings.sessions.forget(turn.conversation)
            throw SessionGone(known: entry?.last)
        }
        return (process, true)
    }

    /// Seconds to wait for a process to report that it lacks its session; a healthy one takes less than one.
    private static let openTimeout = 10.0

    /// Starts a process with a new session, for a turn that lacks its own.
    func startAnew(_ turn: Turn) async throws -> ClaudeProcess {
        settings.sessions.forget(turn.conversation)
        return try await spawn(turn, resuming: nil)
    }

    private func mode(of turn: Turn) -> PermissionMode { turn.permission ?? settings.permission }

    /// Starts a process for a turn, in the turn's mode. A process in plan mode is not reused for
    /// a turn in another mode, nor the reverse.
    private func spawn(_ turn: Turn, resuming session: String?) async throws -> ClaudeProcess {
        var arguments = [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
            "--include-partial-messages", "--permission-prompt-tool", "stdio",
        ]
        if let session { arguments += ["--resume", session] }
        let mode = mode(of: turn)
        arguments += ["--permission-mode", Self.names[mode] ?? "default"]
        // Without this it does not say when it is idle.
        var added = ["CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1"]
        // As root the program refuses to bypass unless it runs in a sandbox; --allow-bypass vouches for that.
        if mode == .bypass { added["IS_SANDBOX"] = "1" }
        let command = Command(
            executable: try settings.program.locate(), arguments: arguments,
            environment: ChildEnvironment.make(
                from: settings.environment, attempt: turn.attempt, boot: settings.children.boot, adding: added),
            directory: turn.directory)
        let sessions = settings.sessions
        return try await ClaudeProcess.start(command, in: settings.children, permission: mode) { id in
            sessions.keep(id, of: turn.conversation)
        }
    }

    /// Claude Code's names of the modes.
    private static let names: [PermissionMode: String] = [
        .ask: "default", .acceptEdits: "acceptEdits", .plan: "plan", .bypass: "bypassPermissions",
    ]

    /// Takes a process back after its turn and keeps it warm.
    func release(_ process: ClaudeProcess, of conversation: ConversationID) async {
        await warm.keep(process, of: conversation)
    }

    func shutDown() async { await warm.shutDown() }
}
