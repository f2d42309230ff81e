/// A question of an agent to a person, as a part of a permission request.
public struct AgentQuestion: Codable, Sendable, Equatable {
    /// A choice that the agent offers.
    public struct Choice: Codable, Sendable, Equatable {
        /// Its name in an answer; unique within the question.
        public var id: String
        /// The choice in a few words.
        public var label: String
        /// What it means.
        public var description: String?

        public init(id: String, label: String, description: String? = nil) {
            self.id = id
            self.label = label
            self.description = description
        }
    }

    /// Its name in an answer, 1 to 200 characters; unique within the request.
    public var id: String
    /// The question as the agent asks it.
    public var text: String
    /// Its subject in a word or two.
    public var header: String?
    /// The choices; empty = only free text.
    public var options: [Choice]
    /// Whether several choices may be taken.
    public var multiple: Bool
    /// Whether a text that is none of the choices is an answer as well.
    public var freeText: Bool

    public init(
        id: String, text: String, header: String? = nil, options: [Choice] = [], multiple: Bool = false,
        freeText: Bool = true
    ) {
        self.id = id
        self.text = text
        self.header = header
        self.options = options
        self.multiple = multiple
        self.freeText = freeText
    }

    enum CodingKeys: String, CodingKey {
        case id, text, header, options, multiple
        case freeText = "free_text"
    }

    /// The bytes of all texts of questions.
    public static func size(_ questions: [AgentQuestion]) -> Int {
        questions.flatMap { question in
            [question.id, question.text, question.header ?? ""]
                + question.options.flatMap { [$0.id, $0.label, $0.description ?? ""] }
        }.reduce(0) { $0 + $1.utf8.count + 8 }
    }

    /// The answers to an agent's questions: the ids of choices and free texts, by the id of the question.
    public typealias Answers = [String: [String]]

    /// Checks answers against questions.
    /// - Throws: ``Fault`` `invalid_request` that names the question, and what it takes.
    public static func check(_ answers: Answers, to questions: [AgentQuestion]) throws {
        let known = questions.map { "'\($0.id)'" }.joined(separator: ", ")
        guard !questions.isEmpty else {
            throw Fault(.invalidRequest, "'answers' has answers, but the request asks no questions")
        }
        guard !answers.isEmpty else { throw Fault(.invalidRequest, "'answers' is empty; the questions are \(known)") }
        for (id, values) in answers.sorted(by: { $0.key < $1.key }) {
            guard let question = questions.first(where: { $0.id == id }) else {
                throw Fault(.invalidRequest, "'answers' has '\(id.prefix(200))'; the questions are \(known)")
            }
            try question.check(values)
        }
    }

    private func check(_ values: [String]) throws {
        if values.isEmpty || (values.count > 1 && !multiple) || Set(values).count < values.count {
            throw Fault(
                .invalidRequest,
                "the answer to '\(id)' has \(values.count) values; it takes \(multiple ? "each choice at most once" : "one")"
            )
        }
        for value in values where !options.contains(where: { $0.id == value }) {
            let isBlank = value.allSatisfy(\.isWhitespace)
            guard freeText, !isBlank else {
                let known = options.map { "'\($0.id)'" }.joined(separator: ", ")
                let reason = isBlank ? "the answer to '\(id)' is blank" : "'\(id)' has no choice '\(value.prefix(200))'"
                throw Fault(.invalidRequest, "\(reason); its choices are \(known)\(freeText ? ", or any text" : "")")
            }
        }
    }
}
