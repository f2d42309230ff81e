import Messages

/// Approvals.
extension GatewayClient {
    /// Lists permission requests, newest first. Reads several pages, since the gateway ends a page at 200 requests or
    /// 1 MiB of tool inputs.
    /// - Parameters:
    ///   - state: The query parameter `state`: states separated by commas, or `all`.
    ///   - task: Only requests of this task; nil = of all.
    ///   - limit: The largest number of requests to return.
    ///   - isEnough: Called with the requests read so far; true = read no further page.
    /// - Returns: The requests, and the number of requests on all pages.
    func approvals(
        state: String, of task: TaskID? = nil, limit: Int, until isEnough: ([ApprovalView]) -> Bool = { _ in false }
    ) async throws -> (items: [ApprovalView], total: Int) {
        var (items, total): ([ApprovalView], Int?) = ([], nil)
        var next: String?
        repeat {
            let filter = task.map { "&task=\($0)" } ?? ""
            let before = next.map { "&before=\($0.percentEncoded)" } ?? ""
            let size = min(limit - items.count, 200)
            let page = try await call(
                PageBody<ApprovalBody>.self, "GET", "/approvals?state=\(state)&limit=\(size)\(filter)\(before)")
            items += page.items.map(\.view)
            total = total ?? page.total
            next = page.items.isEmpty ? nil : page.next
        } while next != nil && items.count < limit && !isEnough(items)
        return (items, total ?? items.count)
    }

    /// Answers a permission request. The answer gets an id, so a repetition after a lost reply counts once.
    /// - Throws: ``GatewayError`` `approval_not_found`, `approval_resolved` with the earlier answer, or
    ///   `approval_abandoned`.
    func answer(_ approval: ApprovalView, _ answer: ApprovalRequestBody) async throws -> ApprovalView {
        var answer = answer
        answer.answer = .generate()
        return try await callIdempotent(
            ApprovalBody.self, "/tasks/\(approval.task)/approvals/\(approval.id)", answer
        ).view
    }
}
