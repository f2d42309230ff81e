import Messages

/// Permission requests as text for people. Text from an agent is escaped (``TerminalEscaping``), since the person decides
/// by what they see.
enum ApprovalText {
    /// The largest number of lines shown of a tool's input. `--json` has all of it.
    static let maxInputLines = 8

    /// The request in one line.
    static func title(_ approval: ApprovalView) -> String { title(approval.tool, approval.title) }

    /// The request in one line, such as `Bash: npm test`.
    /// - Parameter title: May equal the tool's name or begin with it.
    static func title(_ tool: String, _ title: String) -> String {
        let (tool, title) = (TerminalEscaping.line(tool), TerminalEscaping.line(title))
        if title.isEmpty || title == tool { return tool }
        return tool.isEmpty || title.hasPrefix("\(tool): ") ? title : "\(tool): \(title)"
    }

    /// What the scope `conversation` allows.
    /// - Parameter rule: nil = every use of the tool.
    static func rule(_ rule: String?, tool: String) -> String { TerminalEscaping.line(rule ?? tool) }

    /// What the scope `conversation` allows.
    static func rule(_ approval: ApprovalView) -> String { rule(approval.rule, tool: approval.tool) }

    /// The name of the device in one line.
    static func device(_ approval: ApprovalView) -> String {
        TerminalEscaping.line(approval.deviceName ?? approval.device ?? "cloud")
    }

    /// The fields of a tool's input as lines, and the number of lines left out.
    /// - Parameter title: As returned by ``title(_:_:)``; fields with a value that it contains are left out.
    static func input(_ input: JSONValue, besides title: String) -> (lines: [String], hidden: Int) {
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
    static func resolution(state: ApprovalState, scope: ApprovalScope?, by: String?, message: String?) -> String {
        let author = by.map { " by \($0)" } ?? ""
        let reason = message.map { ": \($0)" } ?? ""
        switch state {
        case .allowed: return "allowed\(scope == .conversation ? " in this conversation" : "")\(author)"
        case .denied: return "denied\(author)\(reason)"
        case .expired: return "denied: no answer in time"
        case .abandoned: return "withdrawn: the attempt ended or the agent cancelled it"
        default: return state.rawValue
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
