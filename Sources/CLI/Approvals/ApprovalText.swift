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
        var lines = [style.yellow("? ") + style.bold(TextWidth.fit(title, titleColumns))]
        if let questions = approval.asked { return lines + questions.flatMap { self.question($0, style) } }
        let input = input(approval.input, besides: isCut ? "" : title)
        lines += input.lines.map { style.dim("  " + TextWidth.fit($0, inputColumns)) }
        if input.hidden > 0 {
            let count = "\(input.hidden) more line\(input.hidden == 1 ? "" : "s")"
            lines.append(style.yellow("  … \(count); `wegent approvals --json` has all of it"))
        }
        guard approval.offersConversation else { return lines }
        let keys = approval.ownOptions == nil ? "a, or `approve --conversation`," : "for the conversation it"
        lines.append(style.dim("  \(keys) allows: \(rule(approval))"))
        return lines
    }

    /// A question of the agent with its choices, numbered.
    static func question(_ question: AgentQuestion, _ style: TextStyle) -> [String] {
        let subject = question.header.map { "\(TerminalEscaping.line($0)): " } ?? ""
        let several = question.multiple ? " (several choices)" : ""
        let text = "  \(subject)\(TerminalEscaping.line(question.text))\(several)"
        return [TextWidth.fit(text, inputColumns)]
            + question.options.enumerated().map { index, choice in
                let meaning = choice.description.map { ": \(TerminalEscaping.line($0))" } ?? ""
                return style.dim(
                    TextWidth.fit("    \(index + 1) \(TerminalEscaping.line(choice.label))\(meaning)", inputColumns))
            }
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
        case .allowed where approval.answers != nil: return "answered\(author): \(answers(approval))"
        case .allowed where approval.updatedInput != nil:
            return "allowed\(author) with an edited input: \(edits(approval))"
        case .allowed: return "allowed\(approval.scope == .conversation ? " in this conversation" : "")\(author)"
        case .denied: return "denied\(author)\(reason)"
        case .expired: return "denied: no answer in time"
        case .abandoned: return "withdrawn: the attempt ended or the agent cancelled it"
        default: return approval.state.rawValue
        }
    }

    /// The resolution with the request that it is about, such as `allowed by ada (laptop): Bash: npm test`.
    static func outcome(_ approval: ApprovalView) -> String {
        let (resolution, title) = (
            TerminalEscaping.line(resolution(approval)), TextWidth.fit(title(approval), titleColumns)
        )
        // An edited input and answers say what it was about.
        if approval.state == .allowed, approval.answers != nil { return resolution }
        if approval.state == .allowed, approval.updatedInput != nil { return "\(resolution) (asked: \(title))" }
        var bare = approval
        bare.message = nil
        let reason = approval.message.map { " (\(TerminalEscaping.line($0)))" } ?? ""
        return approval.state == .denied
            ? "\(TerminalEscaping.line(self.resolution(bare))): \(title)\(reason)" : "\(resolution): \(title)"
    }

    /// The answers of a person, such as `Colour: Red, Blue; Fruit: kiwi`.
    private static func answers(_ approval: ApprovalView) -> String {
        (approval.questions ?? []).compactMap { question in
            approval.answers?[question.id].map { values in
                let labels = values.map { value in question.options.first { $0.id == value }?.label ?? value }
                return "\(AnswerText.name(question)): \(labels.joined(separator: ", "))"
            }
        }.joined(separator: "; ")
    }

    /// The fields of an edited input that differ from the asked one, such as `command: npm test -s`.
    private static func edits(_ approval: ApprovalView) -> String {
        guard case .object(let asked) = approval.input, case .object(let allowed)? = approval.updatedInput else {
            return ""
        }
        let changed = Set(asked.keys).union(allowed.keys).filter { asked[$0] != allowed[$0] }
        return changed.sorted().map { name in
            guard let value = allowed[name] else { return "\(name) left out" }
            return "\(name): \(value.string ?? String(decoding: value.bytes, as: UTF8.self))"
        }.joined(separator: ", ")
    }

    /// The state for a list: the time left, or the resolution.
    static func state(_ approval: ApprovalView, now: Timestamp) -> String {
        guard approval.state == .pending else { return approval.state.rawValue }
        let left = max(0, approval.expiresAt.seconds(since: now))
        return left < 120 ? "\(Int(left)) s left" : "\(Int(left / 60)) min left"
    }

    /// How to answer from a shell.
    static func instructions(_ approval: ApprovalView) -> String {
        if let questions = approval.asked {
            let asked = questions.map { question in
                let choices = question.options.isEmpty ? "" : " (\(AnswerText.choices(question)))"
                return "\(TerminalEscaping.line(question.text))\(choices)"
            }
            return "task \(approval.task) asks: \(asked.joined(separator: " ")); answer with "
                + "`wegent approve \(approval.id) --answer '\(AnswerText.name(questions[0]))=…'`, or decline with "
                + "`wegent deny \(approval.id)`"
        }
        return
            "task \(approval.task) waits for approval: \(title(approval)); answer with `wegent approve \(approval.id)` or "
            + "`wegent deny \(approval.id)`"
            + (approval.offersConversation ? "; `approve --conversation` allows: \(rule(approval))" : "")
    }
}
