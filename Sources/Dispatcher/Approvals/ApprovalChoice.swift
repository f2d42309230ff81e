import Messages

/// What a person's answer means for one permission request, checked against what the request offers.
struct ApprovalChoice: Equatable {
    var isAllowed: Bool
    /// How long an `allow` holds.
    var scope: ApprovalScope

    /// - Throws: ``Fault`` `invalid_request` that names what the request does not offer, and what it does.
    init(_ decide: ApprovalDecide, of approval: ApprovalRecord) throws(Fault) {
        let option = try Self.option(decide, approval)
        let implied: ApprovalDecision? = decide.input != nil || decide.answers != nil ? .allow : nil
        guard let decision = option?.decision ?? implied ?? decide.decision else {
            throw Self.fault("'decision' is missing: allow or deny")
        }
        isAllowed = decision == .allow
        scope = option.map { $0.scope == .conversation ? $0.scope : decide.scope } ?? decide.scope
        if let given = decide.decision ?? implied, given != decision {
            throw Self.fault("the option '\(decide.option ?? "")' does not \(given)")
        }
        if let option, decide.scope == .conversation, option.scope == .once {
            throw Self.fault("the option '\(option.id)' does not hold for the conversation")
        }
        try check(decide, approval)
    }

    private static func option(
        _ decide: ApprovalDecide, _ approval: ApprovalRecord
    ) throws(Fault) -> ApprovalOption? {
        guard let id = decide.option else { return nil }
        let offered = approval.offered
        guard let option = offered.first(where: { $0.id == id }), option.decision != nil else {
            let known = offered.map { "'\($0.id)' (\($0.label))" }.joined(separator: ", ")
            throw fault("this request has no option '\(id.prefix(200))'; its options are \(known)")
        }
        return option
    }

    /// Checks the input and the answers.
    private func check(_ decide: ApprovalDecide, _ approval: ApprovalRecord) throws(Fault) {
        guard decide.input != nil || decide.answers != nil else { return }
        guard approval.options != nil else {
            throw Self.fault(
                "the executor of device '\(approval.deviceName ?? approval.device ?? "cloud")' is too old to take an edited "
                    + "input or answers; update it")
        }
        if decide.input != nil {
            guard scope == .once else { throw Self.fault("an edited input is allowed once, not for the conversation") }
            guard !approval.isInputCut else {
                throw Self.fault(
                    "the input has more than \(Limits.approvalInput) bytes and was cut, so it cannot be edited; "
                        + "allow it as it is, or deny it with a message that says what to change")
            }
        }
        if let answers = decide.answers {
            do { try AgentQuestion.check(answers, to: approval.questions ?? []) } catch {
                throw error as? Fault ?? Self.fault("\(error)")
            }
        }
    }

    private static func fault(_ text: String) -> Fault { Fault(.invalidRequest, text) }
}
