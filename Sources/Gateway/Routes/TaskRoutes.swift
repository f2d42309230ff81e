import HTTPTypes
import Hummingbird
import Messages

/// `POST /tasks`, `GET /tasks`, `GET /tasks/{task}`, `POST /tasks/{task}/cancel`, `POST /tasks/{task}/retry`.
struct TaskRoutes: Sendable {
    let directory: MeshDirectory

    var routes: [Endpoint] {
        [
            Endpoint(.post, "/tasks", handler: submit), Endpoint(.get, "/tasks", handler: list),
            Endpoint(.get, "/tasks/{task}", handler: get), Endpoint(.post, "/tasks/{task}/cancel", handler: cancel),
            Endpoint(.post, "/tasks/{task}/retry", handler: retry),
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var asked = try await request.json(TaskRequestBody.self, limit: GatewayLimits.taskBody)
        asked.idempotencyKey = try IdempotencyKey.of(request, field: asked.idempotencyKey)
        try await Problem.unprocessable { [asked] in try asked.check() }
        let submit = TaskSubmit(
            // Minted before the first try, so that trying again with another leader is harmless.
            task: .generate(), owner: try context.owner, prompt: asked.prompt,
            target: asked.target.map { Target($0) } ?? .defaultDevice,
            agent: asked.agent ?? TaskRequestBody.defaultAgent,
            cwd: asked.cwd, conversation: asked.conversation, idempotencyKey: asked.idempotencyKey,
            digest: Digest.of(asked), choices: asked.choices == Choices() ? nil : asked.choices)
        let task = try await directory.ask(submit, owner: submit.owner, trace: context.trace)
        return .json(TaskBody(task), status: .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["limit", "before", "state", "device", "conversation"])
        let states = try query.names("state", of: TaskState.all)
        let asked = TaskList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, device: query.text("device"),
            conversation: try query.id("conversation"))
        let page = try await directory.ask(asked, owner: asked.owner, trace: context.trace)
        return .json(PageBody(items: page.tasks.map(TaskBody.init), next: page.next?.description, total: page.total))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let asked = TaskGet(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(TaskBody(try await directory.ask(asked, owner: asked.owner, trace: context.trace)))
    }

    @Sendable private func cancel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = TaskCancel(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(
            TaskBody(try await directory.ask(asked, owner: asked.owner, trace: context.trace)), status: .accepted)
    }

    @Sendable private func retry(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let old: TaskID = try context.id("task", missing: .taskNotFound)
        let asked = try await request.json(RetryRequestBody.self, nothing: RetryRequestBody())
        let retry = TaskRetry(
            task: .generate(), owner: try context.owner, of: old,
            idempotencyKey: try IdempotencyKey.of(request, field: asked.idempotencyKey),
            digest: Digest.hex(["retry_of": old.description]))
        let task = try await directory.ask(retry, owner: retry.owner, trace: context.trace)
        return .json(TaskBody(task), status: .accepted)
    }
}
