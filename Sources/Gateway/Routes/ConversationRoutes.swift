import Hummingbird
import Messages

/// `GET /conversations`, `GET|PATCH|DELETE /conversations/{conversation}`.
struct ConversationRoutes: Sendable {
    let client: LeaderClient

    var routes: [Endpoint] {
        [
            Endpoint(.get, "/conversations", handler: list),
            Endpoint(.get, "/conversations/{conversation}", handler: get),
            Endpoint(.patch, "/conversations/{conversation}", handler: rename),
            Endpoint(.delete, "/conversations/{conversation}", handler: delete),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["q", "limit", "before"])
        let list = ConversationList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.text("before", in: GatewayLimits.line), query: try query.text("q", in: GatewayLimits.line)
        )
        let page = try await client.askLeader(of: list.owner, list, trace: context.trace)
        return .json(
            PageBody(items: page.conversations.map(ConversationBody.init), next: page.next, total: page.total))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let get = ConversationGet(owner: try context.owner, conversation: try conversation(context))
        return .json(ConversationBody(try await client.askLeader(of: get.owner, get, trace: context.trace)))
    }

    @Sendable private func rename(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let conversation = try conversation(context)
        var rename = ConversationRename(owner: try context.owner, conversation: conversation)
        switch try await request.json(ConversationPatchBody.self).title {
        case .absent:
            throw Problem.unprocessable("'title' is missing: the new title, or null for the first prompt's beginning")
        case .clear: break
        case .set(let title):
            guard Limits.fits(title, GatewayLimits.line), title.contains(where: { !$0.isWhitespace }) else {
                throw Problem.unprocessable("'title' must have 1 to 200 characters, not all of them blank")
            }
            rename.title = title
        }
        return .json(ConversationBody(try await client.askLeader(of: rename.owner, rename, trace: context.trace)))
    }

    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let delete = ConversationDelete(owner: try context.owner, conversation: try conversation(context))
        // After a lost leader, an unknown conversation means that the lost leader had deleted it.
        _ = try await client.askLeader(of: delete.owner, delete, trace: context.trace) {
            $0.code == .conversationNotFound ? Done() : nil
        }
        context.logger.notice("conversation deleted", metadata: ["conversation": "\(delete.conversation)"])
        return .noContent
    }

    private func conversation(_ context: GatewayContext) throws -> ConversationID {
        try context.id("conversation", missing: .conversationNotFound)
    }
}
