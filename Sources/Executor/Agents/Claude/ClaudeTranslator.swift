import Messages

/// Turns Claude Code's output into events of the Agent Client Protocol's shape. A value: no process is needed.
///
/// Text comes twice, as deltas while it streams and then as a whole message; text that has streamed is not emitted
/// again.
struct ClaudeTranslator {
    /// What a line means.
    enum Output: Equatable {
        case event(AgentEvent)
        /// The session's id, to resume it by.
        case session(String)
        /// A permission request.
        case permission(String, ControlRequest)
        /// A permission request no longer needs an answer.
        case withdrawn(String)
        /// A request of unknown type; it must be refused, or Claude Code waits.
        case unknownRequest(String)
        /// A reply to one of our requests.
        case answered
        case ended(Ending)
    }

    /// The end of a turn.
    struct Ending: Equatable {
        var outcome: TurnOutcome
        /// The session to resume does not exist.
        var isUnknownSession = false
        /// The session knows the turn.
        var isKnown = false
        /// What the turn answered, where that is not a person's message, such as `task-notification`.
        var origin: String?
        /// When a usage limit is reset.
        var retryAt: Timestamp?
    }

    /// The longest input or result that goes into one event; longer ones are split.
    private static let wholeInput = 512 << 10

    /// Lines that mean nothing here.
    private(set) var ignored = 0
    /// The message that streams, by the tool call of the subagent that writes it ("" = the main agent).
    private var streaming: [String: String] = [:]
    /// Messages of which text or thinking has streamed: `ID text`.
    private var streamed: Set<String> = []
    /// Tool calls that were announced and have no result yet.
    private var tools: Set<String> = []
    /// Tool calls that are shown as a plan instead.
    private var plans: Set<String> = []
    private var cost = 0.0

    /// Returns what `line` means, in order.
    mutating func read(_ line: ClaudeLine) -> [Output] {
        switch line.type {
        case "system":
            guard line.subtype == "init", let session = line.session else { return [] }
            return [.session(session)]
        case "stream_event": return line.event.map { stream($0, parent: line.parent) } ?? ignore()
        case "assistant": return line.message.map { assistant($0, parent: line.parent) } ?? ignore()
        case "user": return line.message.map { results($0, parent: line.parent) } ?? ignore()
        case "result": return line.result.map { end($0) } ?? ignore()
        case "control_request": return control(line)
        case "control_cancel_request": return line.requestID.map { [.withdrawn($0)] } ?? []
        case "control_response": return [.answered]
        case "keep_alive": return []
        default: return ignore()
        }
    }

    /// Counts a line that could not be decoded.
    mutating func ignore() -> [Output] {
        ignored += 1
        return []
    }

    private func control(_ line: ClaudeLine) -> [Output] {
        guard let id = line.requestID else { return [] }
        guard let request = line.request, request.subtype == "can_use_tool" else { return [.unknownRequest(id)] }
        return [.permission(id, request)]
    }

    // MARK: Streamed text

    private mutating func stream(_ event: ModelEvent, parent: String?) -> [Output] {
        switch event.type {
        case "message_start":
            streaming[parent ?? ""] = event.message?.id
            return []
        case "content_block_start":
            guard let block = event.block, block.type == "tool_use" else { return [] }
            return announce(block, parent: parent)
        case "content_block_delta":
            if event.delta?.type == "text_delta", let text = event.delta?.text {
                markStreamed("text", parent)
                return chunk(.agentMessageChunk, text, parent)
            }
            if event.delta?.type == "thinking_delta", let text = event.delta?.thinking {
                markStreamed("thinking", parent)
                return chunk(.agentThoughtChunk, text, parent)
            }
            return []
        default: return []
        }
    }

    private mutating func markStreamed(_ type: String, _ parent: String?) {
        if let id = streaming[parent ?? ""] { streamed.insert("\(id) \(type)") }
    }

    private func chunk(_ kind: EventKind, _ text: String, _ parent: String?) -> [Output] {
        guard !text.isEmpty else { return [] }
        let meta = Self.meta(parent)
        return TextSplitter.pieces(of: text).map { .event(AgentEvent(kind, TextPayload($0, meta: meta))) }
    }

    private static func meta(_ parent: String?) -> PayloadMeta? { parent.map { PayloadMeta(parentToolCall: $0) } }

    // MARK: Whole messages

    private mutating func assistant(_ message: ClaudeMessage, parent: String?) -> [Output] {
        message.content.flatMap { block -> [Output] in
            switch block.type {
            case "text": whole(.agentMessageChunk, block.text, "text", message.id, parent)
            case "thinking": whole(.agentThoughtChunk, block.thinking, "thinking", message.id, parent)
            case "tool_use", "server_tool_use", "mcp_tool_use": call(block, parent: parent)
            default: []
            }
        }
    }

    private func whole(
        _ kind: EventKind, _ text: String?, _ type: String, _ id: String?, _ parent: String?
    ) -> [Output] {
        if let id, streamed.contains("\(id) \(type)") { return [] }
        return text.map { chunk(kind, $0, parent) } ?? []
    }

    // MARK: Tools

    private mutating func announce(_ block: ClaudeBlock, parent: String?) -> [Output] {
        guard let id = block.id, let name = block.name, name != "TodoWrite" else { return [] }
        tools.insert(id)
        return [
            .event(
                AgentEvent(
                    .toolCall,
                    ToolCallPayload(
                        id: id, title: name, kind: ClaudeTool.kind(name), status: "pending", meta: Self.meta(parent))))
        ]
    }

    /// A tool call with its input; an update where the call was announced before.
    private mutating func call(_ block: ClaudeBlock, parent: String?) -> [Output] {
        guard let id = block.id, let name = block.name else { return [] }
        if name == "TodoWrite", let entries = ClaudeTool.plan(block.input) {
            plans.insert(id)
            return [.event(AgentEvent(.plan, PlanPayload(entries: entries)))]
        }
        let isKnown = !tools.insert(id).inserted
        let input = block.input ?? [:]
        let bytes = input.bytes
        let isWhole = bytes.count <= Self.wholeInput
        let first = Self.started(id, name, block.input, rawInput: isWhole ? input : nil, isKnown, Self.meta(parent))
        guard !isWhole else { return [.event(first)] }
        return [.event(first)] + updates(id, "in_progress", String(decoding: bytes, as: UTF8.self), parent)
    }

    /// A tool call that begins; an update where it was announced before.
    private static func started(
        _ id: String, _ name: String, _ input: JSONValue?, rawInput: JSONValue?, _ isKnown: Bool, _ meta: PayloadMeta?
    ) -> AgentEvent {
        let title = ClaudeTool.title(name, input)
        if isKnown {
            return AgentEvent(
                .toolCallUpdate,
                ToolCallUpdatePayload(id: id, title: title, status: "in_progress", input: rawInput, meta: meta))
        }
        return AgentEvent(
            .toolCall,
            ToolCallPayload(
                id: id, title: title, kind: ClaudeTool.kind(name), status: "in_progress", input: rawInput, meta: meta))
    }

    private mutating func results(_ message: ClaudeMessage, parent: String?) -> [Output] {
        message.content.flatMap { block -> [Output] in
            guard block.type == "tool_result", let id = block.toolUse else { return [] }
            tools.remove(id)
            if plans.remove(id) != nil { return [] }
            let status = block.isError == true ? "failed" : "completed"
            return updates(id, status, Self.text(of: block.content), parent)
        }
    }

    /// Text of a tool call, in as many updates as needed; only the last one has the new status.
    private func updates(_ id: String, _ status: String, _ text: String, _ parent: String?) -> [Output] {
        let pieces = TextSplitter.pieces(of: text)
        func update(_ status: String, _ content: [ContentBlock]) -> Output {
            .event(
                AgentEvent(
                    .toolCallUpdate,
                    ToolCallUpdatePayload(id: id, status: status, content: content, meta: Self.meta(parent))))
        }
        guard !pieces.isEmpty else { return [update(status, [])] }
        return pieces.enumerated().map { update($0 == pieces.count - 1 ? status : "in_progress", [$1]) }
    }

    /// The text of a tool's result: a string, or a list of blocks of which pictures are only named.
    private static func text(of content: JSONValue?) -> String {
        if let text = content?.string { return text }
        guard let blocks = content?.array else { return "" }
        return blocks.map { block in
            if let text = block["text"]?.string { return text }
            let type = block["type"]?.string ?? "content"
            let size = block["source"]?["data"]?.string.map { " of \($0.utf8.count / 4 * 3) bytes" } ?? ""
            return "[\(type)\(size)]"
        }.joined(separator: "\n")
    }

    // MARK: The end of the turn

    private mutating func end(_ result: ClaudeResult) -> [Output] {
        streaming = [:]
        streamed = []
        tools = []
        plans = []
        if result.isUnknownSession {
            return [.ended(Ending(outcome: .failed(.agentFailed, result.summary), isUnknownSession: true))]
        }
        return [.event(usage(result)), .ended(Ending(outcome: Self.outcome(of: result), origin: result.origin))]
    }

    private static func outcome(of result: ClaudeResult) -> TurnOutcome {
        guard result.failed else { return .completed }
        let status = result.apiStatus.map { " (the model's server answered \($0))" } ?? ""
        return .failed(.agentFailed, "Claude Code: \(result.summary.prefix(2000))\(status)")
    }

    private mutating func usage(_ result: ClaudeResult) -> AgentEvent {
        var payload = UsagePayload(
            inputTokens: result.usage?.input, outputTokens: result.usage?.output,
            cacheReadTokens: result.usage?.cacheRead, cacheCreationTokens: result.usage?.cacheCreation,
            turns: result.turns, duration: result.milliseconds.map { Int($0) })
        if let total = result.totalCost {
            // The program counts from its start; a turn's share is the increase.
            payload.cost = ((max(0, total - cost)) * 1e6).rounded() / 1e6
            cost = total
        }
        return AgentEvent(.usage, payload)
    }
}
