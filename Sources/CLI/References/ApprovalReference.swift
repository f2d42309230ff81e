import ArgumentParser
import Messages

/// An approval on the command line: its id, or a prefix of the id of a pending one or of one of the 200 newest.
struct ApprovalReference: ExpressibleByArgument, Sendable {
    static let help: ArgumentHelp = "An approval's id from `wegent approvals`, or its first 6 or more characters."

    /// The largest number of approvals searched for a prefix, and for a whole id.
    private static let (prefixLimit, idLimit) = (200, 5000)

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// Finds the approval, among the pending ones first.
    /// - Throws: `ValidationError` for text that cannot be an id, ``CommandError`` when several match, ``GatewayError``
    ///   `approval_not_found` when none does.
    func find(_ gateway: GatewayClient) async throws -> ApprovalView {
        let isWhole = ApprovalID(text) != nil
        if !isWhole { try IDPrefix.check(text, "an approval", command: "approvals") }
        for state in ["pending", "all"] {
            let limit = isWhole && state == "all" ? Self.idLimit : Self.prefixLimit
            let approvals = try await gateway.approvals(state: state, limit: limit) { approvals in
                approvals.contains { $0.id.description == text }
            }
            if let found = try IDPrefix.match(text, approvals.items, "approvals", id: { $0.id.description }) {
                return found
            }
        }
        throw GatewayError(
            status: 404, code: .approvalNotFound,
            message: "you have no approval \(text); `wegent approvals --all` lists yours")
    }
}
