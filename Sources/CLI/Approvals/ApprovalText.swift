import Messages

/// Permission requests for people. What an agent has said is in plain sight (``PlainSight``): it is what gets allowed.
enum ApprovalText {
    /// So many lines of a tool's input are shown; all of it is in `--json`.
    static let inputLines = 8

    /// What an agent wants to do, in a line.
    static func title(_ approval: ApprovalView) -> String { title(approval.tool, approval.title) }

    /// - Parameter title: May be no more than the tool's name, or begin with it.
    static func title(_ tool: String, _ title: String) -> String {
        let (tool, title) = (PlainSight.line(tool), PlainSight.line(title))
        if title.isEmpty || title == tool { return tool }
        return tool.isEmpty || title.hasPrefix("\(tool): ") ? title : "\(tool): \(title)"
    }

    /// What the scope `conversation` allows.
    /// - Parameter rule: Nil = the tool as a whole.
    static func rule(_ rule: String?, tool: String) -> String { PlainSight.line(rule ?? tool) }

    /// ``rule(_:tool:)`` of an approval.
    static func rule(_ approval: ApprovalView) -> String { rule(approval.rule, tool: approval.tool) }

    /// Where an agent works, in a line.
    static func device(_ approval: ApprovalView) -> String {
        PlainSight.line(approval.deviceName ?? approval.device ?? "cloud")
    }

    /// The fields of a tool's input, a line each, and how many lines there are besides.
    /// - Parameter title: What is there already is not said again; as ``title(_:_:)`` gives it.
    static func input(_ input: JSONValue, besides title: String) -> (lines: [String], hidden: Int) {
        guard case .object(let fields) = input else { return ([], 0) }
        var lines: [String] = []
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            let text = PlainSight.text(value.string ?? String(decoding: value.bytes, as: UTF8.self))
            if text == title || title.hasSuffix(": \(text)") { continue }
            let name = PlainSight.line(name)
            let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
            lines += parts.count == 1 ? ["\(name): \(text)"] : ["\(name):"] + parts.map { "  \($0)" }
        }
        return (Array(lines.prefix(inputLines)), max(0, lines.count - inputLines))
    }

    /// How it was resolved.
    static func resolution(state: ApprovalState, scope: ApprovalScope?, by: String?, message: String?) -> String {
        let who = by.map { " by \($0)" } ?? ""
        let why = message.map { ": \($0)" } ?? ""
        switch state {
        case .allowed: return "allowed\(scope == .conversation ? " in this conversation" : "")\(who)"
        case .denied: return "denied\(who)\(why)"
        case .expired: return "denied: nobody answered in time"
        case .abandoned: return "not needed any more"
        default: return state.rawValue
        }
    }

    /// The state for a list: how much time is left, or how it was resolved.
    static func state(_ approval: ApprovalView, now: Timestamp) -> String {
        guard approval.state == .pending else { return approval.state.rawValue }
        let left = max(0, approval.expiresAt.seconds(since: now))
        return left < 120 ? "\(Int(left)) s left" : "\(Int(left / 60)) min left"
    }

    /// How to answer from a shell.
    static func howTo(_ approval: ApprovalView) -> String {
        "task \(approval.task) waits for approval: \(title(approval)); answer with `wegent approve \(approval.id)` or "
            + "`wegent deny \(approval.id)`; `approve --conversation` allows: \(rule(approval))"
    }
}
