import Messages

/// Turns a task's events into text for people, as a value: the same events give the same text.
///
/// The agent's own text is passed through. A tool call is one line, with its result dimmed and indented below it. States
/// and usage figures are left out; a status line or a notice shows the state.
struct Transcript: Sendable {
    /// The largest number of lines shown of a tool's result. `--json` has all of it.
    static let maxResultLines = 8
    /// The largest width of a permission request's title, and of a line of its input, so that a whole command can be read.
    static let titleColumns = 200
    static let inputColumns = 4000

    private let style: TextStyle
    /// Whether the text is for a terminal, so that terminal control in it has to be removed.
    private let isTerminal: Bool
    private var filter = ControlFilter()
    private var atLineStart = true
    private var kind = ""
    private var tools: [String: ToolLines] = [:]

    init(style: TextStyle, isTerminal: Bool) {
        self.style = style
        self.isTerminal = isTerminal
    }

    /// Returns the text that an event adds; empty for many events.
    mutating func show(_ event: EventBody) -> String {
        let data = event.data
        defer { if event.kind != "usage" { kind = event.kind } }
        switch event.kind {
        case "agent_message_chunk": return message(data)
        case "agent_thought_chunk": return thought(data)
        case "tool_call": return toolCall(data)
        case "tool_call_update": return toolUpdate(data)
        case "plan": return plan(data)
        case "log": return log(data)
        case "permission_request": return permission(data)
        case "permission_resolved": return resolution(data)
        default: return ""
        }
    }

    /// Returns the last text: tool calls still without their input, and the end of an unfinished line.
    mutating func end() -> String {
        let announced = tools.values.compactMap(\.announced).sorted()
        tools = [:]
        return announced.map { toolLine($0) }.joined() + startLine()
    }

    // MARK: Kinds

    private mutating func message(_ data: JSONValue) -> String {
        let gap = kind == "agent_thought_chunk" ? startLine() : ""
        return gap + piece(Self.text(data["content"])) { $0 }
    }

    // Left out of plain text, where it could not be distinguished from the answer.
    private mutating func thought(_ data: JSONValue) -> String {
        guard style.colours else { return "" }
        let gap = kind == "agent_thought_chunk" ? "" : startLine()
        let style = style
        return gap + piece(Self.text(data["content"])) { style.dim($0) }
    }

    // A streaming agent sends the tool's name first and its input later; both go on one line.
    private mutating func toolCall(_ data: JSONValue) -> String {
        let id = data["toolCallId"]?.string ?? ""
        let title = data["title"]?.string ?? data["kind"]?.string ?? "tool"
        if data["status"]?.string == "pending", data["rawInput"] == nil {
            tools[id] = ToolLines(announced: title)
            return ""
        }
        tools[id] = ToolLines()
        return toolLine(title) + result(of: id, data)
    }

    private mutating func toolUpdate(_ data: JSONValue) -> String {
        let id = data["toolCallId"]?.string ?? ""
        guard let name = tools[id]?.announced else { return result(of: id, data) }
        tools[id]?.announced = nil
        let title = data["title"]?.string
        return toolLine(title == nil || title == name ? name : "\(name): \(title ?? "")") + result(of: id, data)
    }

    private mutating func toolLine(_ title: String) -> String {
        line(style.cyan("● ") + style.bold(oneLine(clean(title), 200)))
    }

    /// Returns what an update adds to a call's result, at most ``maxResultLines``. At the call's end, adds the number of lines
    /// left out.
    private mutating func result(of id: String, _ data: JSONValue) -> String {
        var tool = tools[id] ?? ToolLines()
        let text = (data["content"]?.array ?? []).map { Self.text($0["content"] ?? $0) }.joined(separator: "\n")
        let status = data["status"]?.string
        let ended = status == "completed" || status == "failed"
        let lines = tool.add(text, ended: ended, limit: Self.maxResultLines)
        tools[id] = ended ? nil : tool
        var out = lines.map { line(style.dim("  " + clean($0))) }.joined()
        if ended, tool.hidden > 0 {
            out += line(style.dim("  … \(tool.hidden) more line\(tool.hidden == 1 ? "" : "s")"))
        }
        if status == "failed" { out += line(style.red("  ✗ failed")) }
        return out
    }

    private mutating func plan(_ data: JSONValue) -> String {
        let entries = data["entries"]?.array ?? []
        guard !entries.isEmpty else { return "" }
        let marks = ["completed": "✓", "in_progress": "▸"]
        return entries.map { entry in
            let mark = marks[entry["status"]?.string ?? ""] ?? "·"
            return line("\(style.cyan(mark)) \(oneLine(clean(entry["content"]?.string ?? ""), 200))")
        }.joined()
    }

    private mutating func log(_ data: JSONValue) -> String {
        let text = oneLine(clean(data["message"]?.string ?? ""), 1000)
        switch data["level"]?.string {
        case "error", "critical": return line(style.red("! \(text)"))
        case "warning": return line(style.yellow("! \(text)"))
        default: return line(style.dim("· \(text)"))
        }
    }

    // MARK: Permissions

    private mutating func permission(_ data: JSONValue) -> String {
        permission(
            tool: data["tool"]?.string ?? "", title: data["title"]?.string ?? "", input: data["input"] ?? .null,
            rule: data["rule"]?.string)
    }

    /// Returns the text of a permission request, to print it again above its question.
    mutating func permission(_ approval: ApprovalView) -> String {
        permission(tool: approval.tool, title: approval.title, input: approval.input, rule: approval.rule)
    }

    private mutating func permission(tool: String, title: String, input: JSONValue, rule: String?) -> String {
        let title = ApprovalText.title(tool, title)
        // The person must see all of what they allow: a title that is cut is repeated in full as input.
        let fits = TextWidth.of(title) <= Self.titleColumns
        let input = ApprovalText.input(input, besides: fits ? title : "")
        var out = line(style.yellow("? ") + style.bold(TextWidth.fit(title, Self.titleColumns)))
        for text in input.lines { out += line(style.dim("  " + TextWidth.fit(text, Self.inputColumns))) }
        if input.hidden > 0 {
            let lines = "\(input.hidden) more line\(input.hidden == 1 ? "" : "s")"
            out += line(style.yellow("  … \(lines); `wegent approvals --json` has all of it"))
        }
        let rule = ApprovalText.rule(rule, tool: tool)
        return out + line(style.dim("  a, or `approve --conversation`, allows: \(rule)"))
    }

    private mutating func resolution(_ data: JSONValue) -> String {
        let state = ApprovalState(rawValue: data["state"]?.string ?? "")
        let text = ApprovalText.resolution(
            state: state, scope: data["scope"]?.string.map(ApprovalScope.init(rawValue:)),
            by: data["resolved_by"]?.string, message: data["message"]?.string)
        let resolution = oneLine(clean(text), 1000)
        switch state {
        case .allowed: return line(style.green("✓ \(resolution)"))
        case .denied, .expired: return line(style.red("✗ \(resolution)"))
        default: return line(style.dim("· \(resolution)"))
        }
    }

    // MARK: Text

    private mutating func piece(_ text: String, _ format: (String) -> String) -> String {
        let text = isTerminal ? filter.clean(text) : text
        if let last = text.last { atLineStart = last == "\n" }
        return format(text)
    }

    private mutating func line(_ text: String) -> String {
        defer { atLineStart = true }
        return startLine() + text + "\n"
    }

    /// Ends an unfinished line, if there is one.
    mutating func startLine() -> String {
        defer { atLineStart = true }
        return atLineStart ? "" : "\n"
    }

    /// Removes terminal control from text that is complete, unlike the agent's running text.
    private func clean(_ text: String) -> String {
        guard isTerminal else { return text }
        var filter = ControlFilter()
        return filter.clean(text)
    }

    private func oneLine(_ text: String, _ columns: Int) -> String {
        TextWidth.fit(text.split(whereSeparator: \.isNewline).joined(separator: " "), columns)
    }

    /// The text of a content block; for other content, its type in parentheses.
    private static func text(_ content: JSONValue?) -> String {
        guard let content else { return "" }
        if let text = content["text"]?.string { return text }
        if content["encoding"]?.string == "base64", let data = content["data"]?.string {
            return "(\(data.utf8.count / 4 * 3) bytes that are not text)\n"
        }
        return content["type"]?.string.map { "(\($0))\n" } ?? ""
    }
}
