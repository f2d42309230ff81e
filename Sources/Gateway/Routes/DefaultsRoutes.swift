import Hummingbird
import Messages

/// `GET|PATCH /me/defaults`.
struct DefaultsRoutes: Sendable {
    let client: LeaderClient

    var routes: [Endpoint] {
        [Endpoint(.get, "/me/defaults", handler: get), Endpoint(.patch, "/me/defaults", handler: change)]
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let get = DefaultsGet(owner: try context.owner)
        return .json(DefaultsBody(try await client.askLeader(of: get.owner, get, trace: context.trace)))
    }

    @Sendable private func change(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let patch = try await request.json(DefaultsPatchBody.self)
        try await Problem.unprocessable { try patch.check() }
        let change = DefaultsSet(owner: try context.owner, set: patch.set, clear: patch.clear)
        return .json(DefaultsBody(try await client.askLeader(of: change.owner, change, trace: context.trace)))
    }
}
