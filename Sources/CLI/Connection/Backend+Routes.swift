import Messages

extension Backend {
    /// Trades name and password for a token.
    func login(user: String, password: String) async throws -> LoginReply {
        try await call(
            LoginReply.self, "POST", "/auth/login", body: ["username": user, "password": password])
    }

    /// The user's devices.
    /// - Parameter label: Only those with this one, as in the API; nil = all.
    func devices(label: String? = nil) async throws -> [DeviceItem] {
        let query = label.map { "?label=\($0.escaped)" } ?? ""
        return try await call(Listing<DeviceItem>.self, "GET", "/devices\(query)").items
    }

    /// Makes a device the default.
    func star(_ device: String) async throws { try await answer("PUT", "/devices/\(device.escaped)/default") }

    /// Takes the star away.
    func unstar(_ device: String) async throws { try await answer("DELETE", "/devices/\(device.escaped)/default") }

    /// Forgets a device.
    func delete(device: String) async throws { try await answer("DELETE", "/devices/\(device.escaped)") }

    /// Changes what the owner calls a device; `patch` as in the API.
    func update(device: String, _ patch: [String: JSONValue]) async throws -> DeviceItem {
        try await call(DeviceItem.self, "PATCH", "/devices/\(device.escaped)", body: patch)
    }

    /// Hands in a task.
    func submit(_ task: NewTask) async throws -> TaskView { try await repeatable(TaskItem.self, "/tasks", task).view }

    /// Does an ended task again, as a new one.
    func retry(_ id: TaskID, key: String) async throws -> TaskView {
        try await repeatable(TaskItem.self, "/tasks/\(id)/retry", ["idempotency_key": key]).view
    }

    /// Posts what is harmless to post twice, as its body has a key: a connection that broke is tried again.
    func repeatable<Reply: Decodable>(_ type: Reply.Type, _ path: String, _ body: some Encodable & Sendable)
        async throws -> Reply
    {
        for _ in 0..<2 {
            do { return try await call(type, "POST", path, body: body) } catch let error as Unreachable {
                guard error.mayHaveArrived else { throw error }
            }
        }
        return try await call(type, "POST", path, body: body)
    }

    /// A task as it is now.
    func task(_ id: TaskID) async throws -> TaskView { try await call(TaskItem.self, "GET", "/tasks/\(id)").view }

    /// The newest tasks first.
    func tasks(limit: Int) async throws -> Listing<TaskItem> {
        try await call(Listing<TaskItem>.self, "GET", "/tasks?limit=\(limit)")
    }

    /// Asks for the end of a task.
    func cancel(_ id: TaskID) async throws -> TaskView {
        try await call(TaskItem.self, "POST", "/tasks/\(id)/cancel").view
    }

    /// Events behind `after`; `next` is nil only behind the last one of all.
    func events(of id: TaskID, after: UInt64, limit: Int) async throws -> EventsPage {
        try await call(EventsPage.self, "GET", "/tasks/\(id)/events?after=\(after)&limit=\(limit)")
    }

    /// Makes an API token.
    func createToken(_ token: NewToken) async throws -> CreatedToken {
        try await call(CreatedToken.self, "POST", "/tokens", body: token)
    }

    /// The user's tokens.
    func tokens() async throws -> [TokenItem] { try await call(Listing<TokenItem>.self, "GET", "/tokens").items }

    /// Ends a token for good.
    func revoke(token: TokenID) async throws { try await answer("DELETE", "/tokens/\(token)") }
}

extension String {
    /// As a part of a path: everything but unreserved characters is escaped (RFC 3986).
    var escaped: String {
        var out = ""
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                out.append(Character(Unicode.Scalar(byte)))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
