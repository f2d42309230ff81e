import Messages

/// The questions of Claude Code's tool `AskUserQuestion`, and their answers (seen with 2.1.332).
///
/// The tool has one to four `questions`, each `{question, header, multiSelect, options: [{label, description}]}`. Its
/// answers are a field of the allowed input: `answers`, a text for each question's text; several choices are joined by
/// commas. An answer need not be one of the choices. Without `answers` the model reads that there was no answer.
enum ClaudeQuestions {
    private static let tool = "AskUserQuestion"

    /// Returns the questions; nil where it is another tool, or where they have no form that can be answered.
    static func questions(of tool: String, _ input: JSONValue) -> [AgentQuestion]? {
        guard tool == Self.tool, let asked = input["questions"]?.array, !asked.isEmpty,
            asked.count <= Limits.approvalOptions
        else { return nil }
        let texts = asked.compactMap { $0["question"]?.string }
        // The text names the question in the answers.
        guard texts.count == asked.count, Set(texts).count == texts.count else { return nil }
        let questions = asked.enumerated().map { index, value in
            AgentQuestion(
                id: String(index + 1), text: texts[index], header: value["header"]?.string,
                options: choices(value["options"]?.array ?? []), multiple: value["multiSelect"] == true,
                freeText: true)
        }
        return AgentQuestion.size(questions) <= Limits.approvalInput ? questions : nil
    }

    /// A choice's id is its label, so that an answer reads as what it means.
    private static func choices(_ options: [JSONValue]) -> [AgentQuestion.Choice] {
        var choices: [AgentQuestion.Choice] = []
        for option in options {
            guard let label = option["label"]?.string, !choices.contains(where: { $0.id == label }) else { continue }
            choices.append(.init(id: label, label: label, description: option["description"]?.string))
        }
        return choices
    }

    /// Returns the input of a request with the answers to its questions.
    static func answer(_ request: PermissionRequest, _ answers: AgentQuestion.Answers) -> JSONValue {
        guard case .object(var fields) = request.input, let questions = request.questions, !answers.isEmpty else {
            return request.input
        }
        var texts: [String: JSONValue] = [:]
        for question in questions {
            guard let values = answers[question.id] else { continue }
            texts[question.text] = .string(values.joined(separator: ", "))
        }
        fields["answers"] = .object(texts)
        return .object(fields)
    }
}
