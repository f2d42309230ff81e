import Messages

/// Permission requests as text for people. Text from an agent is escaped (``TerminalEscaping``), since the person decides
/// by what they see.
enum ApprovalText {
    /// The largest number of lines shown of a tool's input. `--json` has all of it.
    static let maxInputLines = 8
    /// The largest width of a request's title, and of a line of its input, so that a whole command can be read.
    static let (titleColumns, inputColumns) = (200, 4000)

    /// The request in one line, such as `Bash: npm test`. An agent's title may equal the tool's name or begin with it.
    static func title(_ approval: ApprovalView) -> String {
        let (tool, title) = (TerminalEscaping.line(approval.tool), TerminalEscaping.line(approval.title))
        if title.isEmpty || title == tool { return tool }
        return tool.isEmpty || title.hasPrefix("\(tool): ") ? title : "\(tool): \(title)"
    }

    /// What the scope `conversation` allows: uses of the tool that match a rule, or all.
    static func rule(_ approval: ApprovalView) -> String { TerminalEscaping.line(approval.rule ?? approval.tool) }

    /// The name of the device in one line.
    static func device(_ approval: ApprovalView) -> String {
        TerminalEscaping.line(approval.deviceName ?? approval.device ?? "cloud")
    }

    /// The request as lines: its title, the tool's input, and what the scope `conversation` allows.
    static func request(_ approval: ApprovalView, style: TextStyle) -> [String] {
        let title = title(approval)
        // The person must see all of what they allow: a title that is cut is repeated in full as input.
        let isCut = TextWidth.of(title) > titleColumns
        let input = input(approval.input, besides: isCut ? "" : title)
        var lines = [style.yellow("? ") + style.bold(TextWidth.fit(title, titleColumns))]
        lines += input.lines.map { style.dim("  " + TextWidth.fit($0, inputColumns)) }
        if input.hidden > 0 {
            let count = "\(input.hidden) more line\(input.hidden == 1 ? "" : "s")"
            lines.append(style.yellow("  … \(count); `wegent approvals --json` has all of it"))
        }
        lines.append(style.dim("  a, or `approve --conversation`, allows: \(rule(approval))"))
        return lines
    }

    /// The fields of a tool's input as lines, and the number of lines left out.
    /// - Parameter title: As returned by ``title(_:)``; fields with a value that it contains are left out.
    private static func input(_ input: JSONValue, besides title: String) -> (lines: [String], hidden: Int) {
        guard case .object(let fields) = input else { return ([], 0) }
        var lines: [String] = []
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            let text = TerminalEscaping.text(value.string ?? String(decoding: value.bytes, as: UTF8.self))
            if text == title || title.hasSuffix(": \(text)") { continue }
            let name = TerminalEscaping.line(name)
            let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
            lines += parts.count == 1 ? ["\(name): \(text)"] : ["\(name):"] + parts.map { "  \($0)" }
        }
        return (Array(lines.prefix(maxInputLines)), max(0, lines.count - maxInputLines))
    }

    /// The resolution, such as `denied by ada (laptop): not now`.
    static func resolution(_ approval: ApprovalView) -> String {
        let author = approval.resolvedBy.map { " by \($0)" } ?? ""
        let reason = approval.message.map { ": \($0)" } ?? ""
        switch approval.state {
        case .allowed: return "allowed\(approval.scope == .conversation ? " in this conversation" : "")\(author)"
        case .denied: return "denied\(author)\(reason)"
        case .expired: return "denied: no answer in time"
        case .abandoned: return "withdrawn: the attempt ended or the agent cancelled it"
        default: return approval.state.rawValue
        }
    }

    /// The state for a list: the time left, or the resolution.
    static func state(_ approval: ApprovalView, now: Timestamp) -> String {
        guard approval.state == .pending else { return approval.state.rawValue }
        let left = max(0, approval.expiresAt.seconds(since: now))
        return left < 120 ? "\(Int(left)) s left" : "\(Int(left / 60)) min left"
    }

    /// How to answer from a shell.
    static func instructions(_ approval: ApprovalView) -> String {
        "task \(approval.task) waits for approval: \(title(approval)); answer with `wegent approve \(approval.id)` or "
            + "`wegent deny \(approval.id)`; `approve --conversation` allows: \(rule(approval))"
    }
}
