import Messages

/// The answers to an agent's questions while a person gives them, one question at a time, as a value.
struct AnswerDraft: Sendable, Equatable {
    let questions: [AgentQuestion]
    private(set) var answers: AgentQuestion.Answers = [:]
    /// The choices taken so far of a question that takes several.
    private(set) var selected: [String] = []

    init(_ questions: [AgentQuestion]) { self.questions = questions }

    /// The question that is asked; nil = all are answered.
    var current: AgentQuestion? { questions.first { answers[$0.id] == nil } }

    /// Takes the choice of a number, or leaves it out again where several may be taken.
    /// - Returns: Whether that answers the question.
    mutating func choose(_ number: Int) -> Bool {
        guard let question = current, question.options.indices.contains(number - 1) else { return false }
        let id = question.options[number - 1].id
        guard question.multiple else { return take([id], question) }
        if let index = selected.firstIndex(of: id) { selected.remove(at: index) } else { selected.append(id) }
        return false
    }

    /// Answers with the choices taken so far.
    /// - Returns: false where there are none.
    mutating func confirm() -> Bool {
        guard let question = current, !selected.isEmpty else { return false }
        return take(question.options.map(\.id).filter { selected.contains($0) }, question)
    }

    /// Answers with a typed text, beside the choices taken so far.
    /// - Returns: false where the text is no answer.
    mutating func type(_ text: String) -> Bool {
        guard let question = current, let typed = try? AnswerText.values(text, question) else { return false }
        return take(selected + typed.filter { !selected.contains($0) }, question)
    }

    private mutating func take(_ values: [String], _ question: AgentQuestion) -> Bool {
        answers[question.id] = values
        selected = []
        return true
    }

    /// The question and its keys, at most `columns` wide.
    func text(_ columns: Int, isNew: Bool) -> String {
        guard let question = current else { return "" }
        let place = questions.count > 1 ? "(\(answers.count + 1)/\(questions.count)) " : ""
        var keys: [String] = []
        let count = min(question.options.count, 9)
        if count > 0 {
            let numbers = question.options.indices.filter { selected.contains(question.options[$0].id) }.map { $0 + 1 }
            let chosen = numbers.isEmpty ? "" : " [\(numbers.map(String.init).joined(separator: ","))]"
            keys.append("1-\(count) choose\(chosen)")
            if question.multiple { keys.append("Enter sends") }
        }
        keys += (question.freeText || question.options.count > 9 ? ["t type"] : []) + ["n no"]
        let rest = isNew ? "" : " \(keys.joined(separator: " · "))"
        let room = max(12, columns - TextWidth.of(place) - TextWidth.of(rest))
        return TextWidth.fit(place + TextWidth.fit(TerminalEscaping.line(question.text), room) + rest, columns)
    }
}
