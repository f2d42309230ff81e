import Messages

/// Tasks and conversations.
extension GatewayClient {
    /// Submits a task.
    func submit(_ task: TaskRequestBody) async throws -> TaskView {
        try await callIdempotent(TaskBody.self, "/tasks", task).view
    }

    /// Runs an ended task again, as a new task.
    /// - Parameter key: The idempotency key.
    func retry(_ id: TaskID, key: String) async throws -> TaskView {
        try await callIdempotent(TaskBody.self, "/tasks/\(id)/retry", RetryRequestBody(idempotencyKey: key)).view
    }

    /// Returns a task.
    func task(_ id: TaskID) async throws -> TaskView { try await call(TaskBody.self, "GET", "/tasks/\(id)").view }

    /// Lists the newest tasks, newest first.
    func tasks(limit: Int) async throws -> PageBody<TaskBody> {
        try await call(PageBody<TaskBody>.self, "GET", "/tasks?limit=\(limit)")
    }

    /// Returns the newest task of a conversation; nil when it has none.
    func newestTask(of conversation: ConversationID) async throws -> TaskView? {
        let page = try await call(PageBody<TaskBody>.self, "GET", "/tasks?conversation=\(conversation)&limit=1")
        return page.items.first?.view
    }

    /// Gives a message to the turn that a task runs, and waits until its agent has it. The message gets an id, so a
    /// repetition after a lost reply counts once.
    /// - Throws: ``GatewayError`` `conflict` when no turn runs, `steer_unsupported` when the agent takes none.
    func steer(_ id: TaskID, _ text: String) async throws {
        let message = TaskMessageRequestBody(text: text, id: .generate())
        _ = try await callIdempotent(TaskMessageBody.self, "/tasks/\(id)/messages", message)
    }

    /// Changes the size of a running task's terminal.
    /// - Throws: ``GatewayError`` `conflict` when it does not run, or has none.
    func resize(_ id: TaskID, _ size: TerminalSize) async throws {
        try await send("PUT", "/tasks/\(id)/terminal", body: size)
    }

    /// Returns the task of a conversation that runs now; nil = none.
    func runningTask(of conversation: ConversationID) async throws -> TaskView? {
        let path = "/tasks?conversation=\(conversation)&state=assigned,running&limit=1"
        return try await call(PageBody<TaskBody>.self, "GET", path).items.first?.view
    }

    /// Requests the cancellation of a task.
    func cancel(_ id: TaskID) async throws -> TaskView {
        try await call(TaskBody.self, "POST", "/tasks/\(id)/cancel").view
    }

    /// Returns a page of a task's events.
    /// - Parameter after: The `seq` of the last event already read; 0 = from the first.
    func events(of id: TaskID, after: UInt64, limit: Int) async throws -> EventPageBody {
        try await call(EventPageBody.self, "GET", "/tasks/\(id)/events?after=\(after)&limit=\(limit)")
    }

    /// Lists conversations, the one with the newest task first.
    /// - Parameter search: Text that the title or a prompt must contain.
    func conversations(search: String? = nil, limit: Int) async throws -> PageBody<ConversationBody> {
        let query = search.map { "&q=\($0.percentEncoded)" } ?? ""
        return try await call(PageBody<ConversationBody>.self, "GET", "/conversations?limit=\(limit)\(query)")
    }

    /// Sets the title of a conversation; nil restores the title made from its first prompt.
    func rename(_ conversation: ConversationID, _ title: String?) async throws -> ConversationView {
        let body = ConversationPatchBody(title: title.map(Patch.set) ?? .clear)
        return try await call(ConversationBody.self, "PATCH", "/conversations/\(conversation)", body: body).view
    }

    /// Deletes a conversation with its tasks.
    func delete(_ conversation: ConversationID) async throws {
        try await send("DELETE", "/conversations/\(conversation)")
    }
}
