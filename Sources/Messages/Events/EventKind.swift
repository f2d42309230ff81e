/// The kind of an event: the names of the Agent Client Protocol's session updates, and a few of our own.
///
/// On the wire a kind is one byte; the names are public. A reader passes on a byte it does not know.
public struct EventKind: Hashable, Sendable, CustomStringConvertible {
    /// The byte on the wire.
    public let code: UInt8
    public init(code: UInt8) { self.code = code }

    /// A piece of the agent's answer: ``TextPayload``.
    public static let agentMessageChunk = EventKind(code: 1)
    /// A piece of the agent's thinking: ``TextPayload``.
    public static let agentThoughtChunk = EventKind(code: 2)
    /// A tool call begins: ``ToolCallPayload``.
    public static let toolCall = EventKind(code: 3)
    /// Progress or the result of a tool call: ``ToolCallUpdatePayload``.
    public static let toolCallUpdate = EventKind(code: 4)
    /// The agent's plan: ``PlanPayload``.
    public static let plan = EventKind(code: 5)
    /// The agent asks for permission: ``ApprovalView``.
    public static let permissionRequest = EventKind(code: 6)
    /// The permission request was decided, expired or abandoned: ``ApprovalView``.
    public static let permissionResolved = EventKind(code: 7)
    /// Tokens and cost of the turn: ``UsagePayload``.
    public static let usage = EventKind(code: 8)
    /// The task's state changed: ``StatePayload``; written by the dispatcher.
    public static let state = EventKind(code: 9)
    /// Something that the device or a service wants a person to know: ``LogPayload``.
    public static let log = EventKind(code: 10)
    /// The agent's turn has ended and its attempt waits for something else: ``WaitingPayload``.
    public static let waiting = EventKind(code: 11)
    /// A message that a person gave to the running turn: ``TextPayload``.
    public static let userMessageChunk = EventKind(code: 12)

    private static let names: [UInt8: String] = [
        1: "agent_message_chunk", 2: "agent_thought_chunk", 3: "tool_call", 4: "tool_call_update", 5: "plan",
        6: "permission_request", 7: "permission_resolved", 8: "usage", 9: "state", 10: "log",
        11: "waiting", 12: "user_message_chunk",
    ]

    /// Every kind that this version knows.
    public static let all: [EventKind] = names.keys.sorted().map(EventKind.init(code:))

    /// The public name; `unknown_N` for a byte that this version does not know.
    public var description: String { Self.names[code] ?? "unknown_\(code)" }
}
