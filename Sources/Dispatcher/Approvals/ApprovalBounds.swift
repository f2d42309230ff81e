import Messages

/// The checks of an executor's ``ApprovalRequest`` and of a person's ``ApprovalDecide`` that need nothing but
/// themselves: they hold against any peer.
enum ApprovalBounds {
    /// What is wrong with a request, for the log; nil = nothing. Its input's size is the last thing asked.
    static func complaint(_ request: ApprovalRequest) -> String? {
        if !fits(request.request, 1...200) { return "its name has 1 to 200 characters" }
        if !fits(request.tool, 1...200) { return "the tool's name has 1 to 200 characters" }
        if !fits(request.title, 0...500) { return "its title has at most 500 characters" }
        if let rule = request.rule, !fits(rule, 0...500) { return "its rule has at most 500 characters" }
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
        if let message = decide.message, !fits(message, 0...2000) {
            throw Fault(.invalidRequest, "'message' has at most 2000 characters")
        }
        guard fits(decide.by, 0...200) else { throw Fault(.invalidRequest, "'by' has at most 200 characters") }
    }

    /// Whether a text has that many characters. One character may have any number of bytes: they are bounded as well.
    private static func fits(_ text: String, _ range: ClosedRange<Int>) -> Bool {
        text.utf8.count <= range.upperBound * 32 && range.contains(text.count)
    }
}
