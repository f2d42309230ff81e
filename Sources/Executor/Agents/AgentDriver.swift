import ArgumentParser
import Messages

/// A program that an executor can run as an agent. (`Messages.Agent` is what others see of it.)
protocol AgentDriver: Sendable {
    /// The agent's name as in `task.assign`, and the environment variables that it documents.
    static var variables: AgentVariables { get }
    /// Its options at the command line; nil = none.
    static var options: (any ParsableArguments.Type)? { get }
    /// Its prompt for the first task of a new installation; nil = none, or it lacks a login or key there.
    static func firstPrompt(_ environment: [String: String], home: String) -> FirstPrompt?
    init(_ surroundings: AgentSurroundings)
    /// Returns its present state; may start the program, with a timeout.
    func describe() async -> Messages.Agent
    /// Checks whether a task may run in this mode; nil = the device's default.
    /// - Throws: ``Fault`` with code `permission_mode_not_allowed` that names the device.
    func check(_ mode: PermissionMode?, on device: String) throws
    /// Returns what the agent knows of a conversation; nil = it remembers nothing between turns.
    func memory(of conversation: ConversationID) -> AgentMemory?
    /// Starts a turn. Returns when its process exists.
    /// - Throws: ``Fault``, or ``SessionGone`` for a turn that follows others; then nothing was started.
    func start(_ turn: Turn, sink: any TurnSink) async throws -> any AgentRun
    /// Ends what is kept between turns.
    func shutDown() async
}

extension AgentDriver {
    static var options: (any ParsableArguments.Type)? { nil }
    static func firstPrompt(_ environment: [String: String], home: String) -> FirstPrompt? { nil }
    static var name: String { variables.agent }
    var name: String { Self.name }
}

/// What an agent is asked to do.
struct Turn: Sendable {
    var attempt: AttemptID
    var conversation: ConversationID
    var prompt: String
    /// An absolute path that the device allows.
    var directory: String
    var trace: String?
    /// What the agent may do without asking; nil = the device's default.
    var permission: PermissionMode?
    /// The last task of the conversation that an agent ran before this one; nil = none.
    var follows: TaskID?
    /// What the agent is given of the conversation before the prompt.
    var history: ConversationHistory?
    /// What happens to work that the turn leaves in the background; nil = the device's default.
    var background: Background?
    /// Whether it continues after a usage limit: an agent whose session knows the task does not get the prompt again.
    var resumes = false
    /// The size of the pseudo-terminal for an agent that runs a command; nil = none.
    var terminal: TerminalSize?
    /// Whether standard output and standard error of a command are read through two pipes.
    var splitOutput = false
}

/// A message that a person gives to a running turn.
struct PersonMessage: Equatable, Sendable {
    var id: MessageID
    var text: String

    /// The events that show it.
    var events: [AgentEvent] {
        TextSplitter.pieces(of: text).map {
            AgentEvent(.userMessageChunk, TextPayload($0, meta: PayloadMeta(message: id.description)))
        }
    }
}

/// Where an agent's events go. Suspends while no more can be taken, so that only this agent waits.
protocol TurnSink: Sendable {
    func emit(_ events: [AgentEvent]) async
    /// Whether a caller is suspended in ``emit(_:)``.
    var isPaused: Bool { get async }
    /// Asks a person for permission; returns when the request is recorded, behind everything emitted before. `reply` is
    /// called once, unless the request is withdrawn or the turn ends first.
    func ask(_ request: PermissionRequest, reply: @escaping OpenRequests.Reply) async
    /// The agent no longer waits for the answer; without effect where the request is not open.
    func withdraw(_ request: String) async
}

extension TurnSink {
    var isPaused: Bool { get async { false } }
}

/// A turn that runs.
protocol AgentRun: Sendable {
    /// Returns the end of the turn; every event was emitted before. May be called more than once.
    func outcome() async -> TurnOutcome
    /// Ends the turn: by the agent's own protocol, then by signal, and by force after `grace` seconds. Returns at once;
    /// ``outcome()`` returns at the end.
    func stop(grace: Double) async
    /// Ends what the turn has left in the background, where it waits for nothing else; the outcome is that of the turn.
    /// - Parameter why: for people, such as `the executor stops`.
    func wrapUp(_ why: String) async
    /// Gives a person's message to the turn; the agent emits it once it has it.
    /// - Throws: ``Fault`` with code `steer_unsupported`, or `conflict` where the turn is ending.
    func steer(_ message: PersonMessage) async throws
    /// Changes the size of the command's pseudo-terminal.
    func resize(_ size: TerminalSize) async
}

extension AgentRun {
    func wrapUp(_ why: String) async {}
    func steer(_ message: PersonMessage) async throws {
        throw Fault(.steerUnsupported, "this agent takes no messages while a turn runs; send a new task")
    }
    func resize(_ size: TerminalSize) async {}
}

/// How a turn ended.
struct TurnOutcome: Equatable, Sendable {
    /// `completed`, `failed` or `cancelled`.
    var state: TaskState
    var fault: Fault?
    var exitCode: Int32?
    /// With the fault `usage_limit`: when the limit is reset; nil = unknown.
    var retryAt: Timestamp?

    static let completed = TurnOutcome(state: .completed)
    static let cancelled = TurnOutcome(state: .cancelled)
    static func failed(_ code: ErrorCode, _ message: String, exitCode: Int32? = nil) -> TurnOutcome {
        TurnOutcome(state: .failed, fault: Fault(code, message), exitCode: exitCode)
    }
}
