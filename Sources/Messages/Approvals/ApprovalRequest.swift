#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An agent's permission request, from the executor to the leader; the agent waits for the decision. The executor
/// repeats it every few seconds, and first in a new session, until it receives ``ApprovalRecorded`` or
/// ``ApprovalAnswer``. The leader takes the first one of an attempt and `request_id` and ignores repetitions.
public struct ApprovalRequest: Message, Equatable {
    public static let type = "approval.request"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String
    /// The attempt_seq of the last event before the request; viewers show the request after that event.
    public var after: UInt64
    /// The tool that the agent wants to use, 1 to 200 characters.
    public var tool: String
    /// What the tool would do, in one line for people; at most 500 characters.
    public var title: String
    /// The tool's input as the agent gave it, at most 64 KiB; the executor shortens the texts of a longer one.
    public var input: JSONValue
    /// Whether `input` is shortened, so that it cannot be edited; nil = it is whole.
    public var inputCut: Bool?
    /// What the scope `conversation` would allow, for people, such as `Bash(npm test:*)`; nil = every use of the tool.
    public var rule: String?
    /// The ways to answer, at most 16; nil = an executor that takes neither an option nor an input nor answers.
    public var options: [ApprovalOption]?
    /// The questions that the agent asks, at most 16 and 64 KiB of JSON; nil = it asks for permission only.
    public var questions: [AgentQuestion]?
    /// When the agent asked, by the device's clock.
    public var requestedAt: Timestamp

    public init(
        task: TaskID, attempt: UInt32, request: String, after: UInt64, tool: String, title: String, input: JSONValue,
        inputCut: Bool? = nil, rule: String? = nil, options: [ApprovalOption]? = nil,
        questions: [AgentQuestion]? = nil, requestedAt: Timestamp
    ) {
        self.task = task
        self.attempt = attempt
        self.request = request
        self.after = after
        self.tool = tool
        self.title = title
        self.input = input
        self.inputCut = inputCut
        self.rule = rule
        self.options = options
        self.questions = questions
        self.requestedAt = requestedAt
    }

    enum CodingKeys: String, CodingKey {
        case attempt, after, tool, title, input, rule, options, questions
        case task = "task_id"
        case request = "request_id"
        case inputCut = "input_cut"
        case requestedAt = "requested_at"
    }

    /// Reads `input`, whose shape is the agent's own, with ``JSONReader``: `JSONDecoder` would try several types for
    /// each of its values.
    public static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self {
        guard case .object(var fields) = try JSONReader.read(body) else {
            return try decoder.decode(Self.self, from: body)
        }
        let input = fields.updateValue(.null, forKey: CodingKeys.input.rawValue)
        if input == nil { fields[CodingKeys.input.rawValue] = nil }
        // Of the others only two may be nested; unknown keys are dropped.
        let nested = [CodingKeys.options.rawValue, CodingKeys.questions.rawValue]
        fields = Dictionary(
            uniqueKeysWithValues: fields.filter { CodingKeys(stringValue: $0.key) != nil }.map { key, value in
                switch value {
                case .array where !nested.contains(key): (key, [])
                case .object: (key, [:])
                default: (key, value)
                }
            })
        var request = try decoder.decode(Self.self, from: Data(JSONValue.object(fields).bytes))
        if let input { request.input = input }
        return request
    }
}

/// Acknowledges that the leader has committed a permission request: the executor does not repeat it in this session.
public struct ApprovalRecorded: Message, Equatable {
    public static let type = "approval.recorded"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String

    public init(task: TaskID, attempt: UInt32, request: String) {
        self.task = task
        self.attempt = attempt
        self.request = request
    }

    enum CodingKeys: String, CodingKey {
        case attempt
        case task = "task_id"
        case request = "request_id"
    }
}
