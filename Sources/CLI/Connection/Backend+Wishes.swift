import Messages

/// Approvals, conversations and defaults.
extension Backend {
    /// The newest permission requests first.
    /// - Parameter state: As in the API: states with commas between, or `all`.
    func approvals(state: String, task: TaskID? = nil, limit: Int, before: String? = nil) async throws
        -> Listing<ApprovalView>
    {
        let rest = (task.map { "&task=\($0)" } ?? "") + (before.map { "&before=\($0.escaped)" } ?? "")
        return try await call(
            Listing<ApprovalView>.self, "GET", "/approvals?state=\(state)&limit=\(limit)\(rest)")
    }

    /// Answers a permission request.
    /// - Throws: ``Refusal`` `approval_not_found`, `approval_resolved` with who was first, `approval_abandoned`.
    func answer(_ approval: ApprovalView, _ asked: ApprovalAsked) async throws -> ApprovalView {
        try await call(
            ApprovalView.self, "POST", "/tasks/\(approval.task)/approvals/\(approval.id)", body: asked)
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
