import Messages

/// How a permission request can be answered.
extension ApprovalView {
    /// The agent's own options; nil = those that every request has.
    var ownOptions: [ApprovalOption]? {
        guard let options, !options.isEmpty else { return nil }
        let standard = ApprovalOption.standard(hasRule: true)
        return options.allSatisfy(standard.contains) ? nil : options
    }

    /// The questions that the agent asks; nil = none.
    var asked: [AgentQuestion]? { questions.flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether it can be allowed for the conversation.
    var offersConversation: Bool { options?.contains { $0.kind == .allowAlways } ?? true }

    /// Whether its input can be edited.
    var isEditable: Bool {
        guard case .object = input else { return false }
        return options != nil && inputCut != true && asked == nil
    }

    /// Returns the option of a number, an id or a label.
    /// - Throws: ``CommandError`` that names the options.
    func option(_ text: String) throws -> ApprovalOption {
        let options = options ?? ApprovalOption.standard(hasRule: true)
        if let number = Int(text), options.indices.contains(number - 1) { return options[number - 1] }
        let wanted = text.lowercased()
        if let found = options.first(where: { $0.id.lowercased() == wanted || $0.label.lowercased() == wanted }) {
            return found
        }
        let known = options.enumerated().map { "\($0 + 1) \(TerminalEscaping.line($1.label))" }
        throw CommandError(
            "the request has no option '\(TerminalEscaping.line(text))'; its options are \(known.joined(separator: ", "))"
        )
    }
}
