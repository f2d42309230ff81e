import Messages

/// Turns a task's events into text for people, as a value: the same events give the same text.
///
/// The agent's own text is what a terminal would show of it (``TerminalLines``), or passed through where it is for none. A tool call is one line, with its result dimmed and indented below it. States
/// and usage figures are left out; a status line or a notice shows the state. A payload of an unknown shape is skipped.
struct Transcript: Sendable {
    /// The largest number of lines shown of a tool's result. `--json` has all of it.
    static let maxResultLines = 8

    /// Bytes of a task's text with the stream of this process that they are for.
    enum Part: Sendable, Equatable {
        case output([UInt8])
        case errors([UInt8])
    }

    private let style: TextStyle
    private let isTerminal: Bool
    private var writer: LineWriter
    /// The kind and the id of the last text.
    private var lastText: (kind: EventKind, id: String?)?
    private var tools: [String: ToolLines] = [:]
    private var waitsForLimit = false

    init(style: TextStyle, isTerminal: Bool) {
        (self.style, self.isTerminal) = (style, isTerminal)
        writer = LineWriter(isTerminal: isTerminal, colours: style.colours)
    }

    /// The end of the text that later events may still change. It is not part of what ``show(_:)`` returned; ``end()`` returns it.
    var tail: String { writer.tail }

    /// Returns the text that an event adds and that can no longer change; empty for many events.
    mutating func show(_ event: EventBody) -> String {
        let kind = event.eventKind
        guard let kind else { return "" }
        switch kind {
        case .agentMessageChunk: return event.payload(TextPayload.self).map { message($0) } ?? ""
        case .agentThoughtChunk: return event.payload(TextPayload.self).map { thought($0) } ?? ""
        case .userMessageChunk: return event.payload(TextPayload.self).map { personsMessage($0) } ?? ""
        case .toolCall: return event.payload(ToolCallPayload.self).map { toolCall($0) } ?? ""
        case .toolCallUpdate: return event.payload(ToolCallUpdatePayload.self).map { toolUpdate($0) } ?? ""
        case .plan: return event.payload(PlanPayload.self).map { plan($0) } ?? ""
        case .log: return event.payload(LogPayload.self).map { log($0) } ?? ""
        case .state: return event.stateChange.map { limit($0) } ?? ""
        case .permissionRequest: return event.approval.map { permission($0) } ?? ""
        case .permissionResolved: return event.approval.map { resolution($0) } ?? ""
        default: return ""
        }
    }

    /// Returns what an event adds to files or pipes: as ``show(_:)``, with the exact bytes of output that is not UTF-8. What a
    /// command wrote to its standard error is for standard error, exactly as it was written.
    mutating func part(_ event: EventBody) -> Part {
        guard !isTerminal, event.eventKind == .agentMessageChunk, let payload = event.payload(TextPayload.self) else {
            return .output(Array(show(event).utf8))
        }
        let exact = payload.content.exactBytes
        if payload.isError { return .errors(exact ?? Array(payload.content.text.utf8)) }
        guard let exact else { return .output(Array(message(payload).utf8)) }
        return .output(Array(gap(before: payload, .agentMessageChunk).utf8) + writer.piece(exact))
    }

    /// Returns the text of a permission request.
    mutating func permission(_ approval: ApprovalView) -> String {
        ApprovalText.request(approval, style: style).map { writer.line($0) }.joined()
    }

    /// Returns a line of this program.
    mutating func remark(_ text: String) -> String { writer.line(style.yellow(TerminalEscaping.text(text))) }

    /// Returns the last text: tool calls still without their input, and the end of an unfinished line.
    mutating func end() -> String {
        let announced = tools.values.compactMap(\.announced).sorted()
        tools = [:]
        return announced.map { toolLine($0) }.joined() + writer.end()
    }

    // MARK: Text

    private mutating func message(_ payload: TextPayload) -> String {
        let base = style.colours && payload.isError ? CellStyle.red : .plain
        return gap(before: payload, .agentMessageChunk) + writer.piece(payload.content.text, base: base)
    }

    /// Returns the line end before another text: of another kind, or of another message or block of the agent.
    private mutating func gap(before payload: TextPayload, _ kind: EventKind) -> String {
        let id = payload.meta?.message
        defer { lastText = (kind, id) }
        guard let last = lastText else { return "" }
        let isSame = last.kind == kind && (last.id == id || last.id == nil || id == nil)
        return isSame ? "" : writer.endLine()
    }

    private mutating func personsMessage(_ payload: TextPayload) -> String {
        let lines = writer.clean(payload.content.text).split(separator: "\n")
        return lines.map { writer.line(style.cyan("> ") + $0) }.joined()
    }

    // Left out of plain text, where it could not be distinguished from the answer.
    private mutating func thought(_ payload: TextPayload) -> String {
        guard style.colours else { return "" }
        return gap(before: payload, .agentThoughtChunk) + writer.piece(payload.content.text, base: .dim)
    }

    private mutating func plan(_ payload: PlanPayload) -> String {
        let marks = ["completed": "✓", "in_progress": "▸"]
        return payload.entries.map { entry in
            let mark = marks[entry.status ?? ""] ?? "·"
            return writer.line("\(style.cyan(mark)) \(writer.oneLine(entry.content, 200))")
        }.joined()
    }

    private mutating func log(_ payload: LogPayload) -> String {
        let text = writer.oneLine(payload.message, 1000)
        if let id = lastText?.id, payload.superseded.contains(id) { writer.abandon() }
        switch payload.level {
        // A text that is repeated needs an explanation.
        case "debug" where payload.superseded.isEmpty: return ""
        case "error", "critical": return writer.line(style.red("! \(text)"))
        case "warning": return writer.line(style.yellow("! \(text)"))
        default: return writer.line(style.dim("· \(text)"))
        }
    }

    // The only state with a line of its own: it may last for hours, and output that is no terminal has no status line.
    private mutating func limit(_ change: StatePayload) -> String {
        let isNew = change.waitingFor == .limit && !waitsForLimit
        waitsForLimit = change.waitingFor == .limit
        guard isNew else { return "" }
        let until = change.waiting?.until.map { " until \($0)" } ?? ""
        return writer.line(style.yellow("! the agent's usage limit is reached; the task waits\(until)"))
    }

    private mutating func resolution(_ approval: ApprovalView) -> String {
        let text = writer.oneLine(ApprovalText.outcome(approval), 1000)
        switch approval.state {
        case .allowed: return writer.line(style.green("✓ \(text)"))
        case .denied, .expired: return writer.line(style.red("✗ \(text)"))
        default: return writer.line(style.dim("· \(text)"))
        }
    }

    // MARK: Tools

    // A streaming agent sends the tool's name first and its input later; both go on one line.
    private mutating func toolCall(_ payload: ToolCallPayload) -> String {
        let title = payload.title ?? payload.kind ?? "tool"
        if payload.status == "pending", payload.input == nil {
            tools[payload.id] = ToolLines(announced: title)
            return ""
        }
        tools[payload.id] = ToolLines()
        return toolLine(title) + result(of: payload.id, [], payload.status)
    }

    private mutating func toolUpdate(_ payload: ToolCallUpdatePayload) -> String {
        var line = ""
        if let name = tools[payload.id]?.announced {
            tools[payload.id]?.announced = nil
            line = toolLine(payload.title.flatMap { $0 == name ? nil : "\(name): \($0)" } ?? name)
        }
        return line + result(of: payload.id, payload.content, payload.status)
    }

    private mutating func toolLine(_ title: String) -> String {
        writer.line(style.cyan("● ") + style.bold(writer.oneLine(title, 200)))
    }

    /// Returns what an update adds to a call's result, at most ``maxResultLines``. At the call's end, adds the number of
    /// lines left out.
    private mutating func result(of id: String, _ content: [ContentBlock], _ status: String?) -> String {
        var tool = tools[id] ?? ToolLines()
        let hasEnded = status == "completed" || status == "failed"
        let text = content.map(\.text).joined(separator: "\n")
        let lines = tool.add(text, ended: hasEnded, limit: Self.maxResultLines)
        tools[id] = hasEnded ? nil : tool
        var out = lines.map { writer.line(style.dim("  " + $0)) }.joined()
        if hasEnded, tool.hidden > 0 {
            out += writer.line(style.dim("  … \(tool.hidden) more line\(tool.hidden == 1 ? "" : "s")"))
        }
        if status == "failed" { out += writer.line(style.red("  ✗ failed")) }
        return out
    }
}

extension TextPayload {
    /// Whether a command wrote it to its standard error, as far as that is known.
    fileprivate var isError: Bool { meta?.stream == "stderr" }
}

extension ContentBlock {
    /// The bytes that were written, of output that is not UTF-8; nil for text.
    fileprivate var exactBytes: [UInt8]? {
        switch self {
        case .replacedText(_, let bytes), .binary(let bytes): bytes
        case .text, .escapedText, .other: nil
        }
    }

    /// The block as text; for other content, its size or type in parentheses.
    fileprivate var text: String {
        switch self {
        case .text(let text): text
        case .escapedText(let bytes): String(decoding: bytes, as: UTF8.self)
        case .replacedText(let text, _): text
        case .binary(let bytes): "(\(bytes.count) bytes that are not text)\n"
        case .other(let type): type.isEmpty ? "" : "(\(type))\n"
        }
    }
}
