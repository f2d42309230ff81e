import ArgumentParser
import Messages

/// An approval as a person names it: its id, or the beginning of one that waits or of one of the newest 200.
struct ApprovalReference: ExpressibleByArgument, Sendable {
    /// How many are looked through for the beginning of an id, and for a whole one.
    private static let (newest, most) = (200, 5000)

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// The approval; those that wait come first.
    /// - Throws: `ValidationError` when it cannot be one, ``Failure`` when more than one begins like this, ``Refusal``
    ///   `approval_not_found` when there is none.
    func find(_ backend: Backend) async throws -> ApprovalView {
        if ApprovalID(text) == nil { try Shortened.check(text, "an approval", list: "approvals") }
        for state in ["pending", "all"] {
            let limit = ApprovalID(text) == nil || state == "pending" ? Self.newest : Self.most
            let listing = try await backend.approvals(state: state, limit: limit) { approvals in
                approvals.contains { $0.id.description == text }
            }
            if let found = try Shortened.match(text, listing.items, "approvals", id: { $0.id.description }) {
                return found
            }
        }
        throw Refusal(
            status: 404, code: .approvalNotFound,
            message: "you have no approval \(text); `wegent approvals` lists those that wait")
    }
}
