import ArgumentParser
import Messages

/// An approval as a person names it: its id, or the beginning of one that waits or of one of the newest 200.
struct ApprovalReference: ExpressibleByArgument, Sendable {
    /// How many pages of older ones are looked through for a whole id.
    private static let pages = 25

    let text: String

    init?(argument: String) { text = argument.lowercased() }

    /// The approval; those that wait come first.
    /// - Throws: `ValidationError` when it cannot be one, ``Failure`` when more than one begins like this, ``Refusal``
    ///   `approval_not_found` when there is none.
    func find(_ backend: Backend) async throws -> ApprovalView {
        if ApprovalID(text) == nil { try Shortened.check(text, "an approval", list: "approvals") }
        if let found = try match(try await backend.approvals(state: "pending", limit: 200).items) { return found }
        var before: String?
        for _ in 0..<(ApprovalID(text) == nil ? 1 : Self.pages) {
            let page = try await backend.approvals(state: "all", limit: 200, before: before)
            if let found = try match(page.items) { return found }
            guard let next = page.next else { break }
            before = next
        }
        throw Refusal(
            status: 404, code: .approvalNotFound,
            message: "you have no approval \(text); `wegent approvals` lists those that wait")
    }

    private func match(_ approvals: [ApprovalView]) throws -> ApprovalView? {
        try Shortened.match(text, approvals, "approvals") { $0.id.description }
    }
}
