#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An executor's agent asks for permission and waits. Said again every few seconds, and first thing in a new
/// session, until it is answered with ``ApprovalRecorded`` or ``ApprovalAnswer``; of one attempt and request only
/// the first counts.
public struct ApprovalRequest: Message, Equatable {
    public static let type = "approval.request"
    /// Which task.
    public var task: TaskID
    /// Which attempt of it.
    public var attempt: UInt32
    /// The agent's own name for the request, 1 to 200 characters; unique within the attempt.
    public var request: String
    /// The attempt_seq of the last event before it: it is shown behind that one.
    public var after: UInt64
    /// The tool that wants to be used, 1 to 200 characters.
    public var tool: String
    /// What it wants to do, in a line for people; at most 500 characters.
    public var title: String
    /// The tool's input as the agent gave it; at most 64 KiB, what is longer is cut in its texts.
    public var input: JSONValue
    /// What the scope `conversation` would allow, for people, such as `Bash(npm test:*)`; nil = the tool as a
    /// whole.
    public var rule: String?
    /// The device's clock when the agent asked.
    public var requestedAt: Timestamp

    public init(
        task: TaskID, attempt: UInt32, request: String, after: UInt64, tool: String, title: String, input: JSONValue,
        rule: String? = nil, requestedAt: Timestamp
    ) {
        self.task = task
        self.attempt = attempt
        self.request = request
        self.after = after
        self.tool = tool
        self.title = title
        self.input = input
        self.rule = rule
        self.requestedAt = requestedAt
    }

    enum CodingKeys: String, CodingKey {
        case attempt, after, tool, title, input, rule
        case task = "task_id"
        case request = "request_id"
        case requestedAt = "requested_at"
    }

    /// Agents say what they like in `input`: it does not go through the decoder, which guesses what each value is.
    public static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self {
        guard case .object(var fields) = try JSONReader.read(body) else {
            return try decoder.decode(Self.self, from: body)
        }
        let input = fields.updateValue(.null, forKey: CodingKeys.input.rawValue)
        if input == nil { fields[CodingKeys.input.rawValue] = nil }
        // No other field of its holds others, and of no interest is what it does not know.
        fields = fields.filter { CodingKeys(stringValue: $0.key) != nil }.mapValues { value in
            switch value {
            case .array: []
            case .object: [:]
            default: value
            }
        }
        var request = try decoder.decode(Self.self, from: Data(JSONValue.object(fields).bytes))
        if let input { request.input = input }
        return request
    }
}
