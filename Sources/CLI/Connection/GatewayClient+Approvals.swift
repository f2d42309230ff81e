import Messages

/// Approvals.
extension GatewayClient {
    /// Lists permission requests, newest first. Reads several pages, since the gateway ends a page at 200 requests or
    /// 1 MiB of tool inputs.
    /// - Parameters:
    ///   - state: The query parameter `state`: states separated by commas, or `all`.
    ///   - limit: The largest number of requests to return.
    ///   - isEnough: Called with the requests read so far; true = read no further page.
    func approvals(state: String, limit: Int, until isEnough: ([ApprovalView]) -> Bool = { _ in false }) async throws
        -> Listing<ApprovalView>
    {
        var listing = Listing<ApprovalView>(items: [])
        repeat {
            let before = listing.next.map { "&before=\($0.percentEncoded)" } ?? ""
            let size = min(limit - listing.items.count, 200)
            let page = try await call(
                Listing<ApprovalView>.self, "GET", "/approvals?state=\(state)&limit=\(size)\(before)")
            // The total of the first page counts all pages.
            listing = Listing(items: listing.items + page.items, next: page.next, total: listing.total ?? page.total)
            if page.items.isEmpty { break }
        } while listing.next != nil && listing.items.count < limit && !isEnough(listing.items)
        return listing
    }

    /// Answers a permission request. The answer gets an id, so a repetition after a lost reply counts once.
    /// - Throws: ``GatewayError`` `approval_not_found`, `approval_resolved` with the earlier answer, or
    ///   `approval_abandoned`.
    func answer(_ approval: ApprovalView, _ answer: ApprovalAsked) async throws -> ApprovalView {
        var answer = answer
        answer.id = .generate()
        return try await callIdempotent(
            ApprovalView.self, "/tasks/\(approval.task)/approvals/\(approval.id)", answer)
    }
}
