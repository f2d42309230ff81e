import Messages

/// Starts the agent of an attempt: finds its directory and prepares its turn.
struct AttemptLauncher: Sendable {
    private let workspaces: Workspaces
    private let lookup = WorkspaceLookup()
    /// The device's name, for viewers.
    private let device: String

    init(workspaces: Workspaces, device: String) {
        self.workspaces = workspaces
        self.device = device
    }

    /// Starts the turn that an assignment asks for.
    /// - Parameter sink: makes the sink of an agent that runs in a directory.
    /// - Throws: ``Fault``, or ``SessionGone``; then nothing was started.
    func start(
        _ message: TaskAssign, _ driver: any AgentDriver, sink: @Sendable (String) -> any TurnSink
    ) async throws -> (run: any AgentRun, directory: String) {
        let workspaces = workspaces
        let directory = try await lookup.directory(message.cwd ?? workspaces.root) {
            try workspaces.directory(for: message.conversation, cwd: message.cwd)
        }
        let turn = Turn(
            attempt: AttemptID(task: message.task, attempt: message.attempt), conversation: message.conversation,
            prompt: message.prompt, directory: directory, trace: message.trace, permission: message.permissionMode,
            follows: message.follows, history: history(message, driver), background: message.background,
            resumes: message.resumes ?? false, terminal: message.terminal, splitOutput: message.splitOutput ?? false)
        return (try await driver.start(turn, sink: sink(directory)), directory)
    }

    private func history(_ message: TaskAssign, _ driver: any AgentDriver) -> ConversationHistory? {
        guard let items = message.history, let memory = driver.memory(of: message.conversation) else { return nil }
        return ConversationHistory(items, leftOut: message.historyLeftOut ?? 0, known: memory.last, device: device)
    }
}
