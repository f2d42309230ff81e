import HTTPTypes
import Hummingbird
import Messages

/// `POST /tasks`, `GET /tasks`, `GET /tasks/{task}`, `POST /tasks/{task}/cancel`.
struct TaskRoutes: Sendable {
    let directory: MeshDirectory

    var routes: [Endpoint] {
        [
            Endpoint(.post, "/tasks", handler: submit), Endpoint(.get, "/tasks", handler: list),
            Endpoint(.get, "/tasks/{task}", handler: get), Endpoint(.post, "/tasks/{task}/cancel", handler: cancel),
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var asked = try await request.json(TaskAsked.self, limit: GatewayLimits.taskBody)
        let key = request.headers[.idempotencyKey]
        if let key, let other = asked.idempotencyKey, key != other {
            throw Problem(
                .invalidRequest, "the header 'Idempotency-Key' and the field 'idempotency_key' differ",
                status: .unprocessableContent)
        }
        asked.idempotencyKey = asked.idempotencyKey ?? key
        try asked.check()
        let submit = TaskSubmit(
            // Minted before the first try, so that trying again with another leader is harmless.
            task: .generate(), owner: try context.owner, prompt: asked.prompt,
            target: asked.target.map { Target($0) } ?? .defaultDevice, agent: asked.agent ?? TaskAsked.defaultAgent,
            cwd: asked.cwd, conversation: asked.conversation, idempotencyKey: asked.idempotencyKey,
            digest: asked.digest, choices: asked.choices == Choices() ? nil : asked.choices)
        let task = try await directory.ask(submit, owner: submit.owner, trace: context.trace)
        return .json(TaskJSON(task), status: .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["limit", "before", "state", "device", "conversation"])
        let states = (query.text("state")?.split(separator: ",") ?? []).map { TaskState(rawValue: String($0)) }
        if let unknown = states.first(where: { !TaskState.all.contains($0) }) {
            let all = TaskState.all.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                .invalidRequest,
                "the query parameter 'state' must be of \(all); '\(unknown.rawValue.prefix(40))' is none")
        }
        let asked = TaskList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.id("before"), states: states, device: query.text("device"),
            conversation: try query.id("conversation"))
        return .json(
            TaskPageJSON(listing: try await directory.ask(asked, owner: asked.owner, trace: context.trace)))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let asked = TaskGet(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(TaskJSON(try await directory.ask(asked, owner: asked.owner, trace: context.trace)))
    }

    @Sendable private func cancel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = TaskCancel(owner: try context.owner, task: try context.id("task", missing: .taskNotFound))
        return .json(
            TaskJSON(try await directory.ask(asked, owner: asked.owner, trace: context.trace)), status: .accepted)
    }
}
