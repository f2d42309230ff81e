import HTTPTypes
import Hummingbird
import Messages

/// `POST /tasks`, `GET /tasks`, `GET /tasks/{task}`, `POST /tasks/{task}/cancel`, `POST /tasks/{task}/retry`,
/// `POST /tasks/{task}/messages`, `PUT /tasks/{task}/terminal`.
struct TaskRoutes: Sendable {
    let client: LeaderClient

    var routes: [Endpoint] {
        [
            Endpoint(.post, "/tasks", handler: submit), Endpoint(.get, "/tasks", handler: list),
            Endpoint(.get, "/tasks/{task}", handler: get), Endpoint(.post, "/tasks/{task}/cancel", handler: cancel),
            Endpoint(.post, "/tasks/{task}/retry", handler: retry),
            Endpoint(.post, "/tasks/{task}/messages", handler: message),
            Endpoint(.put, "/tasks/{task}/terminal", handler: resize),
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var body = try await request.json(TaskRequestBody.self, limit: GatewayLimits.taskBody)
        body.idempotencyKey = try IdempotencyHeader.of(request, field: body.idempotencyKey)
        try await Problem.unprocessable { [body] in try body.check() }
        let submit = TaskSubmit(
            // Generated before the first attempt, so that a retry at another leader is harmless.
            task: .generate(), owner: try context.owner, prompt: body.prompt,
            target: body.target.map { Target($0) } ?? .defaultDevice,
            agent: body.agent ?? TaskRequestBody.defaultAgent,
            cwd: body.cwd, conversation: body.conversation, idempotencyKey: body.idempotencyKey,
            digest: Digest.of(body), choices: body.choices == Choices() ? nil : body.choices,
            terminal: body.terminal, splitOutput: body.splitOutput)
        let task = try await TaskSubmission(client: client).submit(submit, trace: context.trace)
        return .json(TaskBody(task), status: .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["limit", "before", "state", "device", "conversation"])
        let states = try query.names("state", of: TaskState.all)
        let list = TaskList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, device: query.text("device"),
            conversation: try query.id("conversation"))
        let page = try await client.askLeader(of: list.owner, list, trace: context.trace)
        return .json(PageBody(items: page.tasks.map(TaskBody.init), next: page.next?.description, total: page.total))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let get = TaskGet(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(TaskBody(try await client.askLeader(of: get.owner, get, trace: context.trace)))
    }

    @Sendable private func cancel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let cancel = TaskCancel(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(
            TaskBody(try await client.askLeader(of: cancel.owner, cancel, trace: context.trace)), status: .accepted)
    }

    @Sendable private func message(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let body = try await request.json(TaskMessageRequestBody.self, limit: GatewayLimits.taskBody)
        try await Problem.unprocessable { try body.check() }
        let owner = try context.owner
        let named = try IdempotencyHeader.of(request, field: nil).map { Digest.message($0, to: task) }
        let message = TaskMessage(owner: owner, task: task, message: body.id ?? named ?? .generate(), text: body.text)
        _ = try await client.askLeader(of: owner, message, trace: context.trace, until: .now + GatewayLimits.message)
        return .json(TaskMessageBody(id: message.message), status: .accepted)
    }

    @Sendable private func resize(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let size = try await request.json(TerminalSize.self)
        try await Problem.unprocessable { try size.check() }
        let resize = TaskTerminal(owner: try context.owner, task: task, terminal: size)
        _ = try await client.askLeader(of: resize.owner, resize, trace: context.trace)
        return Response(status: .noContent)
    }

    @Sendable private func retry(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let old: TaskID = try context.id("task", missing: .taskNotFound)
        let body = try await request.json(RetryRequestBody.self, nothing: RetryRequestBody())
        let retry = TaskRetry(
            task: .generate(), owner: try context.owner, of: old,
            idempotencyKey: try IdempotencyHeader.of(request, field: body.idempotencyKey),
            digest: Digest.hex(["retry_of": old.description]))
        let task = try await client.askLeader(of: retry.owner, retry, trace: context.trace)
        return .json(TaskBody(task), status: .accepted)
    }
}
