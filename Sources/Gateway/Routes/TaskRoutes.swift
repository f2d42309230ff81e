import HTTPTypes
import Hummingbird
import Messages

/// `POST /tasks`, `GET /tasks`, `GET /tasks/{task}`, `POST /tasks/{task}/cancel`, `POST /tasks/{task}/retry`.
struct TaskRoutes: Sendable {
    let client: LeaderClient

    var routes: [Endpoint] {
        [
            Endpoint(.post, "/tasks", handler: submit), Endpoint(.get, "/tasks", handler: list),
            Endpoint(.get, "/tasks/{task}", handler: get), Endpoint(.post, "/tasks/{task}/cancel", handler: cancel),
            Endpoint(.post, "/tasks/{task}/retry", handler: retry),
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var asked = try await request.json(TaskAsked.self, limit: GatewayLimits.taskBody)
        asked.idempotencyKey = try IdempotencyKey.of(request, field: asked.idempotencyKey)
        try asked.check()
        let submit = TaskSubmit(
            // Generated before the first attempt, so that a retry at another leader is harmless.
            task: .generate(), owner: try context.owner, prompt: asked.prompt,
            target: asked.target.map { Target($0) } ?? .defaultDevice, agent: asked.agent ?? TaskAsked.defaultAgent,
            cwd: asked.cwd, conversation: asked.conversation, idempotencyKey: asked.idempotencyKey,
            digest: asked.digest, choices: asked.choices == Choices() ? nil : asked.choices)
        let task = try await TaskSubmission(client: client).submit(submit, trace: context.trace)
        return .json(TaskJSON(task), status: .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["limit", "before", "state", "device", "conversation"])
        let states = try query.names("state", of: TaskState.all)
        let asked = TaskList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, device: query.text("device"),
            conversation: try query.id("conversation"))
        let page = try await client.askLeader(of: asked.owner, asked, trace: context.trace)
        return .json(PageJSON(items: page.tasks.map(TaskJSON.init), next: page.next, total: page.total))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let asked = TaskGet(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(TaskJSON(try await client.askLeader(of: asked.owner, asked, trace: context.trace)))
    }

    @Sendable private func cancel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = TaskCancel(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(
            TaskJSON(try await client.askLeader(of: asked.owner, asked, trace: context.trace)), status: .accepted)
    }

    private struct RetryAsked: Decodable {
        var idempotencyKey: String?
        enum CodingKeys: String, CodingKey { case idempotencyKey = "idempotency_key" }
    }

    @Sendable private func retry(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let old: TaskID = try context.id("task", missing: .taskNotFound)
        let asked = try await request.json(RetryAsked.self, nothing: RetryAsked())
        let retry = TaskRetry(
            task: .generate(), owner: try context.owner, of: old,
            idempotencyKey: try IdempotencyKey.of(request, field: asked.idempotencyKey),
            digest: Digest.hex(["retry_of": old.description]))
        let task = try await client.askLeader(of: retry.owner, retry, trace: context.trace)
        return .json(TaskJSON(task), status: .accepted)
    }
}
