import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The answer that the options of `wegent approve` give, as a value; becomes a body once the request is known.
struct AnswerArguments: Sendable, Equatable {
    var conversation = false
    /// A number, an id or a label: of the request's options, or of the choices of the question that it asks.
    var option: String?
    /// Answers to the request's questions, each `QUESTION=TEXT` or a text.
    var answers: [String] = []
    /// The input to use the tool with: JSON, or `@` and the path of a file with it.
    var input: String?
    var edit = false

    /// - Throws: ``CommandError`` where two of them exclude each other.
    func check() throws {
        let isEdited = input != nil || edit
        if conversation, isEdited { throw CommandError("an edited input is allowed once: leave out --conversation") }
        if input != nil, edit { throw CommandError("--input and --edit exclude each other") }
        if isEdited, !answers.isEmpty { throw CommandError("an edited input and --answer exclude each other") }
        if option != nil, !answers.isEmpty { throw CommandError("--option and --answer exclude each other") }
        if option != nil, conversation { throw CommandError("--option and --conversation exclude each other") }
    }

    /// Returns the body of the answer.
    /// - Throws: ``CommandError`` that names what the request offers.
    func body(for approval: ApprovalView) async throws -> ApprovalRequestBody {
        // The gateway refuses it, with the answer that was first.
        guard approval.state == .pending else { return ApprovalRequestBody(decision: .allow) }
        if let input {
            _ = try InputDraft(approval)
            return ApprovalRequestBody(decision: .allow, updatedInput: try InputDraft.read(try Self.text(input)))
        }
        if edit {
            return ApprovalRequestBody(decision: .allow, updatedInput: try await Editor.edit(try InputDraft(approval)))
        }
        if let questions = approval.asked { return try body(questions, approval) }
        guard answers.isEmpty else { throw CommandError("the request asks no questions; answer it without --answer") }
        guard let option else {
            return ApprovalRequestBody(decision: .allow, scope: conversation ? .conversation : nil)
        }
        let chosen = try approval.option(option)
        guard chosen.decision != .deny else {
            throw CommandError(
                "the option '\(TerminalEscaping.line(chosen.label))' denies the request; use `wegent deny`")
        }
        return ApprovalRequestBody(option: chosen.id)
    }

    private func body(_ questions: [AgentQuestion], _ approval: ApprovalView) throws -> ApprovalRequestBody {
        if let option {
            guard questions.count == 1 else {
                throw CommandError(
                    "the request asks \(questions.count) questions; answer each with --answer 'QUESTION=TEXT'")
            }
            return ApprovalRequestBody(
                decision: .allow, answers: [questions[0].id: try AnswerText.values(option, questions[0])])
        }
        if !answers.isEmpty {
            return ApprovalRequestBody(decision: .allow, answers: try AnswerText.answers(answers, to: questions))
        }
        return ApprovalRequestBody(decision: .allow, answers: try Self.ask(questions, approval))
    }

    /// Asks each question at the terminal.
    /// - Throws: ``CommandError`` without a terminal, or at the end of input.
    private static func ask(_ questions: [AgentQuestion], _ approval: ApprovalView) throws -> AgentQuestion.Answers {
        guard TerminalInput.isTerminal else {
            throw CommandError(
                "\(ApprovalText.title(approval)) needs an answer: \(ApprovalText.instructions(approval))")
        }
        var answers: AgentQuestion.Answers = [:]
        for question in questions {
            for line in ApprovalText.question(question, .plain) { Output.writeError(line + "\n") }
            while answers[question.id] == nil {
                Output.writeError("> ")
                guard let line = readLine() else { throw CommandError("no answer was given, so nothing was sent") }
                do { answers[question.id] = try AnswerText.values(line, question) } catch let error as CommandError {
                    Output.notice(error.description)
                }
            }
        }
        return answers
    }

    private static func text(_ argument: String) throws -> String {
        guard argument.hasPrefix("@") else { return argument }
        let path = String(argument.dropFirst())
        do {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
            if let text = String(validating: bytes, as: UTF8.self) { return text }
        } catch { throw CommandError("the file '\(path)' cannot be read: \(error.localizedDescription)") }
        throw CommandError("the file '\(path)' is not UTF-8")
    }
}
