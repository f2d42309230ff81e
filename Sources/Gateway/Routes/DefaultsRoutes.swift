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
        let asked = DefaultsGet(owner: try context.owner)
        return .json(Answer(view: try await client.askLeader(of: asked.owner, asked, trace: context.trace)))
    }

    @Sendable private func change(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let asked = try await request.json(Asked.self)
        try await Problem.unprocessable { try asked.check() }
        let change = DefaultsSet(owner: try context.owner, set: asked.set, clear: asked.clear)
        return .json(Answer(view: try await client.askLeader(of: change.owner, change, trace: context.trace)))
    }

    /// What the owner has chosen, flat as it is patched, and what is in force.
    private struct Answer: Encodable {
        var view: DefaultsView

        func encode(to encoder: any Encoder) throws {
            try ChoicesJSON(view.chosen).encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(ChoicesJSON(view.effective), forKey: .effective)
        }

        private enum Key: String, CodingKey { case effective }
    }

    /// A JSON merge patch of the choices.
    private struct Asked: Decodable {
        var set: Choices
        var clear: [String]
        private var unknown: [String]

        init(from decoder: any Decoder) throws {
            set = try Choices(from: decoder)
            let container = try decoder.container(keyedBy: Name.self)
            let names = container.allKeys.map(\.stringValue).sorted()
            unknown = names.filter { !Choices.names.contains($0) }
            clear = try names.filter { name in
                guard Choices.names.contains(name) else { return false }
                return try container.decodeNil(forKey: Name(stringValue: name))
            }
        }

        /// - Throws: ``Fault`` `invalid_request` with the field's name. One that is not known is no harmless extra
        ///   here: whoever has mistyped it would believe that it is in force.
        func check() throws {
            if let name = unknown.first {
                let all = Choices.names.joined(separator: ", ")
                throw Fault(.invalidRequest, "'\(name.prefix(40))' is no choice; there are \(all)")
            }
            try set.check()
        }

        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }
}
