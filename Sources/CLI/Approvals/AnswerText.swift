import Messages

/// What a person types as the answer to an agent's question: numbers or labels of its choices, several separated by commas,
/// or free text. Text in quotation marks is always free text.
enum AnswerText {
    /// Returns the values of the answer.
    /// - Throws: ``CommandError`` that names the choices.
    static func values(_ typed: String, _ question: AgentQuestion) throws -> [String] {
        let text = trim(typed)
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            return [try free(trim(text.dropFirst().dropLast()), question)]
        }
        if let choice = choice(text, question) { return [choice] }
        let parts = text.split(separator: ",").map { trim($0) }.filter { !$0.isEmpty }
        let chosen = parts.compactMap { choice($0, question) }
        guard parts.count > 1, !chosen.isEmpty else { return [try free(text, question)] }
        guard question.multiple else {
            if chosen.count == parts.count {
                throw CommandError("\(name(question)) takes one choice: \(choices(question))")
            }
            return [try free(text, question)]
        }
        var values: [String] = []
        for value in try parts.map({ try choice($0, question) ?? free($0, question) }) where !values.contains(value) {
            values.append(value)
        }
        return values
    }

    /// Returns the answers of `--answer` arguments: `QUESTION=TEXT` with the number, subject or text of a question, or a text
    /// for the next question without an answer.
    static func answers(_ arguments: [String], to questions: [AgentQuestion]) throws -> AgentQuestion.Answers {
        var answers: AgentQuestion.Answers = [:]
        for argument in arguments {
            let (named, text) = split(argument, questions)
            guard let question = named ?? questions.first(where: { answers[$0.id] == nil }) else {
                throw CommandError("there are more answers than questions: the request asks \(questions.count)")
            }
            guard answers[question.id] == nil else { throw CommandError("\(name(question)) has two answers") }
            answers[question.id] = try values(text, question)
        }
        return answers
    }

    private static func split(_ argument: String, _ questions: [AgentQuestion]) -> (AgentQuestion?, String) {
        for index in argument.indices where argument[index] == "=" {
            let key = trim(argument[..<index]).lowercased()
            let found = questions.enumerated().first { number, question in
                let names = [String(number + 1), question.id, question.header ?? question.text, question.text]
                return names.contains { $0.lowercased() == key }
            }
            if let found { return (found.element, String(argument[argument.index(after: index)...])) }
        }
        return (nil, argument)
    }

    /// The choices for people, such as `1 Red, 2 Blue`.
    static func choices(_ question: AgentQuestion) -> String {
        question.options.enumerated().map { "\($0 + 1) \(TerminalEscaping.line($1.label))" }.joined(separator: ", ")
    }

    /// The question's subject, or else its text.
    static func name(_ question: AgentQuestion) -> String {
        let header = question.header.map { trim($0) } ?? ""
        return TerminalEscaping.line(header.isEmpty ? question.text : header)
    }

    private static func choice(_ text: String, _ question: AgentQuestion) -> String? {
        if let number = Int(text), question.options.indices.contains(number - 1) {
            return question.options[number - 1].id
        }
        let wanted = text.lowercased()
        return question.options.first { $0.label.lowercased() == wanted || $0.id.lowercased() == wanted }?.id
    }

    private static func free(_ text: String, _ question: AgentQuestion) throws -> String {
        if text.isEmpty { throw CommandError("\(name(question)) needs an answer: \(choices(question))") }
        guard question.freeText else {
            throw CommandError("\(name(question)) has no choice '\(TerminalEscaping.line(text))': \(choices(question))")
        }
        return text
    }

    private static func trim(_ text: some StringProtocol) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
