import Messages

/// The checks of an executor's ``ApprovalRequest`` and of a person's ``ApprovalDecide`` that need only the message: peers
/// are not trusted to make them.
enum ApprovalBounds {
    /// Returns what makes a request invalid, for its agent and the log; nil = it is valid. The input's size is checked last.
    static func complaint(_ request: ApprovalRequest) -> String? {
        if !Limits.fits(request.request, Limits.approvalName) { return "its name has 1 to 200 characters" }
        if !Limits.fits(request.tool, Limits.approvalName) { return "the tool's name has 1 to 200 characters" }
        if !Limits.fits(request.title, Limits.approvalLine) { return "its title has at most 500 characters" }
        if let rule = request.rule, !Limits.fits(rule, Limits.approvalLine) {
            return "its rule has at most 500 characters"
        }
        if let complaint = complaint(options: request.options ?? [], questions: request.questions ?? []) {
            return complaint
        }
        if request.input.bytes.count > Limits.approvalInput { return "its input has at most 64 KiB" }
        return nil
    }

    private static func complaint(options: [ApprovalOption], questions: [AgentQuestion]) -> String? {
        if max(options.count, questions.count) > Limits.approvalOptions {
            return "it has at most 16 options and questions"
        }
        if Set(options.map(\.id)).count < options.count { return "the ids of its options differ" }
        if Set(questions.map(\.id)).count < questions.count { return "the ids of its questions differ" }
        let names = options.flatMap { [$0.id, $0.label] } + questions.map(\.id)
        if !names.allSatisfy({ Limits.fits($0, Limits.approvalName) }) {
            return "the ids and labels of its options have 1 to 200 characters"
        }
        if AgentQuestion.size(questions) > Limits.approvalInput { return "its questions have at most 64 KiB" }
        return nil
    }

    /// - Throws: ``Fault`` `invalid_request` that names the field.
    static func check(_ decide: ApprovalDecide) throws {
        if let decision = decide.decision, !ApprovalDecision.all.contains(decision) {
            throw Fault(.invalidRequest, "'decision' must be allow or deny")
        }
        guard ApprovalScope.all.contains(decide.scope) else {
            throw Fault(.invalidRequest, "'scope' must be once or conversation")
        }
        try ApprovalRequestBody.check(
            message: decide.message, option: decide.option, input: decide.input, answers: decide.answers,
            scope: decide.scope)
        guard Limits.fits(decide.by, 0...200) else { throw Fault(.invalidRequest, "'by' has at most 200 characters") }
    }
}
