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
        if request.input.bytes.count > Limits.approvalInput { return "its input has at most 64 KiB" }
        return nil
    }

    /// - Throws: ``Fault`` `invalid_request` that names the field.
    static func check(_ decide: ApprovalDecide) throws {
        guard ApprovalDecision.all.contains(decide.decision) else {
            throw Fault(.invalidRequest, "'decision' must be allow or deny")
        }
        guard ApprovalScope.all.contains(decide.scope) else {
            throw Fault(.invalidRequest, "'scope' must be once or conversation")
        }
        if let message = decide.message, !Limits.fits(message, 0...2000) {
            throw Fault(.invalidRequest, "'message' has at most 2000 characters")
        }
        guard Limits.fits(decide.by, 0...200) else { throw Fault(.invalidRequest, "'by' has at most 200 characters") }
    }
}
