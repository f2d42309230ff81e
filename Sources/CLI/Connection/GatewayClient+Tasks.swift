import Messages

/// Tasks and conversations.
extension GatewayClient {
    /// Submits a task.
    func submit(_ task: NewTask) async throws -> TaskView {
        try await callIdempotent(TaskItem.self, "/tasks", task).view
    }

    /// Runs an ended task again, as a new task.
    /// - Parameter key: The idempotency key.
    func retry(_ id: TaskID, key: String) async throws -> TaskView {
        try await callIdempotent(TaskItem.self, "/tasks/\(id)/retry", ["idempotency_key": key]).view
    }

    /// Returns a task.
    func task(_ id: TaskID) async throws -> TaskView { try await call(TaskItem.self, "GET", "/tasks/\(id)").view }

    /// Lists the newest tasks, newest first.
    func tasks(limit: Int) async throws -> Listing<TaskItem> {
        try await call(Listing<TaskItem>.self, "GET", "/tasks?limit=\(limit)")
    }

    /// Requests the cancellation of a task.
    func cancel(_ id: TaskID) async throws -> TaskView {
        try await call(TaskItem.self, "POST", "/tasks/\(id)/cancel").view
    }

    /// Returns a page of a task's events.
    /// - Parameter after: The `seq` of the last event already read; 0 = from the first.
    func events(of id: TaskID, after: UInt64, limit: Int) async throws -> EventsPage {
        try await call(EventsPage.self, "GET", "/tasks/\(id)/events?after=\(after)&limit=\(limit)")
    }

    /// Lists conversations, the one with the newest task first.
    /// - Parameter search: Text that the title or a prompt must contain.
    func conversations(search: String? = nil, limit: Int) async throws -> Listing<ConversationView> {
        let query = search.map { "&q=\($0.percentEncoded)" } ?? ""
        return try await call(Listing<ConversationView>.self, "GET", "/conversations?limit=\(limit)\(query)")
    }

    /// Sets the title of a conversation; nil restores the title made from its first prompt.
    func rename(_ conversation: ConversationID, _ title: String?) async throws -> ConversationView {
        let body = ["title": title.map(JSONValue.string) ?? .null]
        return try await call(ConversationView.self, "PATCH", "/conversations/\(conversation)", body: body)
    }

    /// Deletes a conversation with its tasks.
    func delete(_ conversation: ConversationID) async throws {
        try await send("DELETE", "/conversations/\(conversation)")
    }
}
