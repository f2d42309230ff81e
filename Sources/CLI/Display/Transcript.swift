import Messages

/// Turns a task's events into text for people, as a value: the same events give the same text.
///
/// The agent's own text comes as it is. A tool call is one line, its result dimmed and indented below it. States are not
/// part of it (a status line or a notice tells them), nor are usage figures.
struct Transcript: Sendable {
    /// So much of a tool's result is shown; all of it is in `--json`.
    static let resultLines = 8
    /// Columns of a permission request's title, and of a line of its input: a command is to be read to its end.
    static let titleColumns = 200
    static let inputColumns = 4000

    private let paint: Paint
    /// Whether the text is for a terminal, which must not obey what an agent or a file says.
    private let isTerminal: Bool
    private var filter = ControlFilter()
    private var atLineStart = true
    private var kind = ""
    private var tools: [String: ToolLines] = [:]

    init(paint: Paint, isTerminal: Bool) {
        self.paint = paint
        self.isTerminal = isTerminal
    }

    /// What the event adds; often nothing.
    mutating func show(_ event: TaskEvent) -> String {
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

    /// What is owed when nothing follows: tool calls that were only announced, and the end of an unfinished line.
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

    // Without dim letters nobody could tell thinking from answering, so plain text leaves it out.
    private mutating func thought(_ data: JSONValue) -> String {
        guard paint.colours else { return "" }
        let gap = kind == "agent_thought_chunk" ? "" : startLine()
        let paint = paint
        return gap + piece(Self.text(data["content"])) { paint.dim($0) }
    }

    // An agent that streams tells the tool's name first and what for a little later: one line for both.
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
        line(paint.cyan("● ") + paint.bold(oneLine(clean(title), 200)))
    }

    /// What an update adds to a call's result, at most ``resultLines``; the rest is counted when the call ends.
    private mutating func result(of id: String, _ data: JSONValue) -> String {
        var tool = tools[id] ?? ToolLines()
        let text = (data["content"]?.array ?? []).map { Self.text($0["content"] ?? $0) }.joined(separator: "\n")
        let status = data["status"]?.string
        let ended = status == "completed" || status == "failed"
        let lines = tool.add(text, ended: ended, limit: Self.resultLines)
        tools[id] = ended ? nil : tool
        var out = lines.map { line(paint.dim("  " + clean($0))) }.joined()
        if ended, tool.hidden > 0 {
            out += line(paint.dim("  … \(tool.hidden) more line\(tool.hidden == 1 ? "" : "s")"))
        }
        if status == "failed" { out += line(paint.red("  ✗ failed")) }
        return out
    }

    private mutating func plan(_ data: JSONValue) -> String {
        let entries = data["entries"]?.array ?? []
        guard !entries.isEmpty else { return "" }
        let marks = ["completed": "✓", "in_progress": "▸"]
        return entries.map { entry in
            let mark = marks[entry["status"]?.string ?? ""] ?? "·"
            return line("\(paint.cyan(mark)) \(oneLine(clean(entry["content"]?.string ?? ""), 200))")
        }.joined()
    }

    private mutating func log(_ data: JSONValue) -> String {
        let text = oneLine(clean(data["message"]?.string ?? ""), 1000)
        switch data["level"]?.string {
        case "error", "critical": return line(paint.red("! \(text)"))
        case "warning": return line(paint.yellow("! \(text)"))
        default: return line(paint.dim("· \(text)"))
        }
    }

    // MARK: Permissions

    private mutating func permission(_ data: JSONValue) -> String {
        permission(
            tool: data["tool"]?.string ?? "", title: data["title"]?.string ?? "", input: data["input"] ?? .null,
            rule: data["rule"]?.string)
    }

    /// A request once more, when its question opens later.
    mutating func permission(_ approval: ApprovalView) -> String {
        permission(tool: approval.tool, title: approval.title, input: approval.input, rule: approval.rule)
    }

    private mutating func permission(tool: String, title: String, input: JSONValue, rule: String?) -> String {
        let title = ApprovalText.title(tool, title)
        // Nobody may allow what was cut away: a title that does not fit is told again, whole, as input.
        let fits = TextWidth.of(title) <= Self.titleColumns
        let input = ApprovalText.input(input, besides: fits ? title : "")
        var out = line(paint.yellow("? ") + paint.bold(TextWidth.fit(title, Self.titleColumns)))
        for text in input.lines { out += line(paint.dim("  " + TextWidth.fit(text, Self.inputColumns))) }
        if input.hidden > 0 {
            let lines = "\(input.hidden) more line\(input.hidden == 1 ? "" : "s")"
            out += line(paint.yellow("  … \(lines); `wegent approvals --json` has all of it"))
        }
        let rule = ApprovalText.rule(rule, tool: tool)
        return out + line(paint.dim("  a, or `approve --conversation`, allows: \(rule)"))
    }

    private mutating func resolution(_ data: JSONValue) -> String {
        let state = ApprovalState(rawValue: data["state"]?.string ?? "")
        let text = ApprovalText.resolution(
            state: state, scope: data["scope"]?.string.map(ApprovalScope.init(rawValue:)),
            by: data["resolved_by"]?.string, message: data["message"]?.string)
        let words = oneLine(clean(text), 1000)
        switch state {
        case .allowed: return line(paint.green("✓ \(words)"))
        case .denied, .expired: return line(paint.red("✗ \(words)"))
        default: return line(paint.dim("· \(words)"))
        }
    }

    // MARK: Text

    private mutating func piece(_ text: String, _ style: (String) -> String) -> String {
        let text = isTerminal ? filter.clean(text) : text
        if let last = text.last { atLineStart = last == "\n" }
        return style(text)
    }

    private mutating func line(_ text: String) -> String {
        defer { atLineStart = true }
        return startLine() + text + "\n"
    }

    /// The end of an unfinished line, where there is one.
    mutating func startLine() -> String {
        defer { atLineStart = true }
        return atLineStart ? "" : "\n"
    }

    /// What is not the agent's running text and may be cut anywhere.
    private func clean(_ text: String) -> String {
        guard isTerminal else { return text }
        var filter = ControlFilter()
        return filter.clean(text)
    }

    private func oneLine(_ text: String, _ columns: Int) -> String {
        TextWidth.fit(text.split(whereSeparator: \.isNewline).joined(separator: " "), columns)
    }

    /// The text of a content block; what is not text is named.
    private static func text(_ content: JSONValue?) -> String {
        guard let content else { return "" }
        if let text = content["text"]?.string { return text }
        if content["encoding"]?.string == "base64", let data = content["data"]?.string {
            return "(\(data.utf8.count / 4 * 3) bytes that are not text)\n"
        }
        return content["type"]?.string.map { "(\($0))\n" } ?? ""
    }
}
