import Messages

/// Approvals, conversations and defaults.
extension Backend {
    /// The newest permission requests first. A page may end before it is full (at 1 MiB of inputs), so pages are read until
    /// there are as many as asked for, or no more.
    /// - Parameters:
    ///   - state: As in the API: states with commas between, or `all`.
    ///   - isEnough: Told what there is so far; true = no further page.
    func approvals(state: String, limit: Int, until isEnough: ([ApprovalView]) -> Bool = { _ in false }) async throws
        -> Listing<ApprovalView>
    {
        var listing = Listing<ApprovalView>(items: [])
        repeat {
            let before = listing.next.map { "&before=\($0.escaped)" } ?? ""
            let size = min(limit - listing.items.count, 200)
            let page = try await call(
                Listing<ApprovalView>.self, "GET", "/approvals?state=\(state)&limit=\(size)\(before)")
            // The first page counts them all.
            listing = Listing(items: listing.items + page.items, next: page.next, total: listing.total ?? page.total)
            if page.items.isEmpty { break }
        } while listing.next != nil && listing.items.count < limit && !isEnough(listing.items)
        return listing
    }

    /// Answers a permission request. The answer has an id, so one whose reply was lost is given again.
    /// - Throws: ``Refusal`` `approval_not_found`, `approval_resolved` with who was first, `approval_abandoned`.
    func answer(_ approval: ApprovalView, _ asked: ApprovalAsked) async throws -> ApprovalView {
        var asked = asked
        asked.id = .generate()
        return try await repeatable(
            ApprovalView.self, "/tasks/\(approval.task)/approvals/\(approval.id)", asked)
    }

    /// Conversations, the one with the newest task first.
    func conversations(search: String? = nil, limit: Int) async throws -> Listing<ConversationView> {
        let query = search.map { "&q=\($0.escaped)" } ?? ""
        return try await call(Listing<ConversationView>.self, "GET", "/conversations?limit=\(limit)\(query)")
    }

    /// Gives a conversation a title; nil = the beginning of its first prompt again.
    func rename(_ conversation: ConversationID, _ title: String?) async throws -> ConversationView {
        let body = ["title": title.map(JSONValue.string) ?? .null]
        return try await call(ConversationView.self, "PATCH", "/conversations/\(conversation)", body: body)
    }

    /// Deletes a conversation with its tasks.
    func delete(_ conversation: ConversationID) async throws {
        try await answer("DELETE", "/conversations/\(conversation)")
    }

    /// What the user's tasks choose where they say nothing.
    func defaults() async throws -> DefaultsItem { try await call(DefaultsItem.self, "GET", "/me/defaults") }

    /// Changes that; `patch` as in the API.
    func change(defaults patch: [String: JSONValue]) async throws -> DefaultsItem {
        try await call(DefaultsItem.self, "PATCH", "/me/defaults", body: patch)
    }
}
