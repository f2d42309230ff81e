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
        let asked = ConversationList(
            owner: try context.owner, limit: try query.number("limit", in: 1...200) ?? 50,
            before: try query.text("before", in: GatewayLimits.line), query: try query.text("q", in: GatewayLimits.line)
        )
        let page = try await client.askLeader(of: asked.owner, asked, trace: context.trace)
        return .json(
            PageJSON(items: page.conversations.map(ConversationJSON.init), next: page.next, total: page.total))
    }

    @Sendable private func get(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try Query(request, known: [])
        let asked = ConversationGet(owner: try context.owner, conversation: try conversation(context))
        return .json(ConversationJSON(try await client.askLeader(of: asked.owner, asked, trace: context.trace)))
    }

    private struct Asked: Decodable {
        var title: Patch<String>

        init(from decoder: any Decoder) throws {
            title = try decoder.container(keyedBy: Key.self).patch(String.self, forKey: .title)
        }

        private enum Key: String, CodingKey { case title }
    }

    @Sendable private func rename(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let conversation = try conversation(context)
        var rename = ConversationRename(owner: try context.owner, conversation: conversation)
        switch try await request.json(Asked.self).title {
        case .absent:
            throw Problem.unprocessable("'title' is missing: the new title, or null for the first prompt's beginning")
        case .clear: break
        case .set(let title):
            guard GatewayLimits.line.contains(title.count), title.contains(where: { !$0.isWhitespace }) else {
                throw Problem.unprocessable("'title' must have 1 to 200 characters, not all of them blank")
            }
            rename.title = title
        }
        return .json(ConversationJSON(try await client.askLeader(of: rename.owner, rename, trace: context.trace)))
    }

    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = ConversationDelete(owner: try context.owner, conversation: try conversation(context))
        // After a lost leader, an unknown conversation means that the lost leader had deleted it.
        _ = try await client.askLeader(of: asked.owner, asked, trace: context.trace) {
            $0.code == .conversationNotFound ? Done() : nil
        }
        context.logger.notice("conversation deleted", metadata: ["conversation": "\(asked.conversation)"])
        return .noContent
    }

    private func conversation(_ context: GatewayContext) throws -> ConversationID {
        try context.id("conversation", missing: .conversationNotFound)
    }
}
