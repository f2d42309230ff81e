import Messages

/// A program that an executor can drive. (`Messages.Agent` is what is said of it to others.)
protocol AgentDriver: Sendable {
    /// As in `task.assign`.
    var name: String { get }
    /// What can be said of it now; may start the program to ask it, with a deadline.
    func describe() async -> Messages.Agent
    /// Whether a task may run in this mode; nil = as the device was started.
    /// - Throws: ``Fault`` with code `permission_mode_not_allowed` that names the device.
    func check(_ mode: PermissionMode?, on device: String) throws
    /// What is known here of a conversation; nil = this agent remembers nothing from one turn to the next.
    func memory(of conversation: ConversationID) -> AgentMemory?
    /// Starts a turn. Returns when its process is there.
    /// - Throws: ``Fault``, or ``SessionGone`` for a turn that follows others; then nothing was started.
    func start(_ turn: Turn, sink: any TurnSink) async throws -> any AgentRun
    /// Ends whatever is kept between turns.
    func shutDown() async
}

/// What an agent is asked to do.
struct Turn: Sendable {
    var attempt: AttemptID
    var conversation: ConversationID
    var prompt: String
    /// An absolute path, checked.
    var directory: String
    var trace: String?
    /// What the agent may do unasked; nil = as the device was started.
    var permission: PermissionMode?
    /// The task of the conversation whose agent ran last before; nil = none has.
    var follows: TaskID?
    /// What the agent is told of the conversation before the prompt.
    var history: ConversationHistory?
}

/// Where an agent's events go. Suspends while no more can be taken, so that the agent waits and nobody else.
protocol TurnSink: Sendable {
    func emit(_ events: [AgentEvent]) async
    /// Whether somebody waits in ``emit(_:)`` because no more can be taken.
    var isPaused: Bool { get async }
    /// Asks a person; returns when the question is noted, behind what was emitted before. `reply` is called once, unless
    /// the question is withdrawn or the turn ends before.
    func ask(_ wish: PermissionWish, reply: @escaping Approvals.Reply) async
    /// The agent does not wait for the answer any more; without effect where there is none to wait for.
    func withdraw(_ request: String) async
}

extension TurnSink {
    var isPaused: Bool { get async { false } }
}

/// A turn that runs.
protocol AgentRun: Sendable {
    /// The end of the turn; every event was emitted before. May be asked for more than once.
    func outcome() async -> Outcome
    /// Ends the turn: by the agent's own protocol, then by signal, and by force after `grace` seconds. Returns at once;
    /// ``outcome()`` tells of the end.
    func stop(grace: Double) async
}

/// How a turn ended.
struct Outcome: Equatable, Sendable {
    /// `completed`, `failed` or `cancelled`.
    var state: TaskState
    var fault: Fault?
    var exitCode: Int32?

    static let completed = Outcome(state: .completed)
    static let cancelled = Outcome(state: .cancelled)
    static func failed(_ code: ErrorCode, _ message: String, exitCode: Int32? = nil) -> Outcome {
        Outcome(state: .failed, fault: Fault(code, message), exitCode: exitCode)
    }
}
