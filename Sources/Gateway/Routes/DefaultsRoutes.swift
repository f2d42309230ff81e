import Hummingbird
import Messages

/// `GET|PATCH /me/defaults`.
struct DefaultsRoutes: Sendable {
    let directory: MeshDirectory

    var routes: [Endpoint] {
        [Endpoint(.get, "/me/defaults", handler: get), Endpoint(.patch, "/me/defaults", handler: change)]
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let asked = DefaultsGet(owner: try context.owner)
        return .json(DefaultsBody(try await directory.ask(asked, owner: asked.owner, trace: context.trace)))
    }

    @Sendable private func change(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = try await request.json(DefaultsPatchBody.self)
        try await Problem.unprocessable { try asked.check() }
        let change = DefaultsSet(owner: try context.owner, set: asked.set, clear: asked.clear)
        return .json(DefaultsBody(try await directory.ask(change, owner: change.owner, trace: context.trace)))
    }
}
