import Messages

/// The tool calls of Claude Code as events: announced, started, and ended once.
struct ClaudeCalls {
    /// The longest input that goes into one event; longer ones are split.
    private static let wholeInput = 512 << 10

    /// Calls that were announced and have no result yet, with the tool call of the subagent that makes them ("" = the
    /// main agent).
    private var open: [String: String] = [:]
    /// Calls that are shown as a plan instead.
    private var plans: Set<String> = []

    /// A call whose input is not known yet.
    mutating func announce(_ block: ClaudeBlock, parent: String?) -> [AgentEvent] {
        guard let id = block.id, let name = block.name, name != "TodoWrite" else { return [] }
        open[id] = parent ?? ""
        let call = ToolCallPayload(
            id: id, title: name, kind: ClaudeTool.kind(name), status: "pending", meta: Self.meta(parent))
        return [AgentEvent(.toolCall, call)]
    }

    /// A call with its input; an update where it was announced before.
    mutating func start(_ block: ClaudeBlock, parent: String?) -> [AgentEvent] {
        guard let id = block.id, let name = block.name else { return [] }
        if name == "TodoWrite", let entries = ClaudeTool.plan(block.input) {
            plans.insert(id)
            return [AgentEvent(.plan, PlanPayload(entries: entries))]
        }
        let isKnown = open.updateValue(parent ?? "", forKey: id) != nil
        let input = block.input ?? [:]
        let bytes = input.bytes
        let isWhole = bytes.count <= Self.wholeInput
        let first = Self.started(id, name, block.input, rawInput: isWhole ? input : nil, isKnown, Self.meta(parent))
        return isWhole ? [first] : [first] + updates(id, "in_progress", String(decoding: bytes, as: UTF8.self), parent)
    }

    private static func started(
        _ id: String, _ name: String, _ input: JSONValue?, rawInput: JSONValue?, _ isKnown: Bool, _ meta: PayloadMeta?
    ) -> AgentEvent {
        let title = ClaudeTool.title(name, input)
        if isKnown {
            let update = ToolCallUpdatePayload(
                id: id, title: title, status: "in_progress", input: rawInput, meta: meta)
            return AgentEvent(.toolCallUpdate, update)
        }
        let call = ToolCallPayload(
            id: id, title: title, kind: ClaudeTool.kind(name), status: "in_progress", input: rawInput, meta: meta)
        return AgentEvent(.toolCall, call)
    }

    /// The result of a call.
    mutating func end(_ block: ClaudeBlock, parent: String?) -> [AgentEvent] {
        guard block.type == "tool_result", let id = block.toolUse else { return [] }
        open[id] = nil
        if plans.remove(id) != nil { return [] }
        return updates(id, block.isError == true ? "failed" : "completed", Self.text(of: block.content), parent)
    }

    /// Calls of a message that the agent has abandoned; they never ran.
    mutating func abandon(_ ids: [String]) -> [AgentEvent] {
        ids.flatMap { fail($0, "the model's message was cut off; this call did not run") }
    }

    /// Ends every call that is still open; with `keepingSubagents` only those of the main agent.
    mutating func close(keepingSubagents: Bool = false) -> [AgentEvent] {
        let left = open.filter { !keepingSubagents || $0.value.isEmpty }.keys.sorted()
        if !keepingSubagents { plans = [] }
        return left.flatMap { fail($0, "the turn ended before this call had a result") }
    }

    private mutating func fail(_ id: String, _ why: String) -> [AgentEvent] {
        guard let parent = open.removeValue(forKey: id) else { return [] }
        return updates(id, "failed", why, parent.isEmpty ? nil : parent)
    }

    /// Text of a call, in as many updates as needed; only the last one has the new status.
    private func updates(_ id: String, _ status: String, _ text: String, _ parent: String?) -> [AgentEvent] {
        let pieces = TextSplitter.pieces(of: text)
        func update(_ status: String, _ content: [ContentBlock]) -> AgentEvent {
            let meta = Self.meta(parent)
            return AgentEvent(
                .toolCallUpdate, ToolCallUpdatePayload(id: id, status: status, content: content, meta: meta))
        }
        guard !pieces.isEmpty else { return [update(status, [])] }
        return pieces.enumerated().map { update($0 == pieces.count - 1 ? status : "in_progress", [$1]) }
    }

    private static func meta(_ parent: String?) -> PayloadMeta? { parent.map { PayloadMeta(parentToolCall: $0) } }

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
}
