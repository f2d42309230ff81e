/// One event of a task as a viewer receives it.
public struct TaskEvent: Sendable, Equatable {
    public let seq: Int
    public let kind: String
    public let time: String
    public let data: JSON

    /// - Throws: ``Malformed`` when it is not `{"seq","kind","time","data"}`.
    public init(_ json: JSON) throws {
        guard let seq = json["seq"].int, let kind = json["kind"].string, let time = json["time"].string,
            case .object = json["data"], json.keys == ["seq", "kind", "time", "data"]
        else { throw Malformed(description: "not an event: \(json)") }
        self.seq = seq
        self.kind = kind
        self.time = time
        data = json["data"]
    }

    /// Its text: a chunk of the agent's message, or the output of a tool call.
    public var text: String {
        let direct = data["content"]["text"].string ?? ""
        return direct + data["content"].items.compactMap { $0["content"]["text"].string }.joined()
    }

    /// Its text if it is a chunk of the agent's message.
    public var answer: String { kind == "agent_message_chunk" ? text : "" }

    /// The new state, for a `state` event.
    public var state: String? { kind == "state" ? data["state"].string : nil }

    /// Whether it is the last event of its task.
    public var isTerminal: Bool { ["completed", "failed", "cancelled"].contains(state) }
}

/// A violation of the interface's contract.
public struct Malformed: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
}
