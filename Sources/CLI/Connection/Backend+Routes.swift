import Messages

extension Backend {
    /// Trades name and password for a token.
    func login(user: String, password: String) async throws -> LoginReply {
        try await call(
            LoginReply.self, "POST", "/auth/login", body: ["username": user, "password": password])
    }

    /// All of the user's devices.
    func devices() async throws -> [DeviceItem] { try await call(Listing<DeviceItem>.self, "GET", "/devices").items }

    /// Makes a device the default.
    func star(_ device: String) async throws { try await answer("PUT", "/devices/\(device.escaped)/default") }

    /// Takes the star away.
    func unstar(_ device: String) async throws { try await answer("DELETE", "/devices/\(device.escaped)/default") }

    /// Forgets a device.
    func delete(device: String) async throws { try await answer("DELETE", "/devices/\(device.escaped)") }

    /// Hands in a task. The key makes a second try harmless, so a connection that broke is tried again.
    func submit(_ task: NewTask) async throws -> TaskView {
        for _ in 0..<2 {
            do { return try await call(TaskView.self, "POST", "/tasks", body: task) } catch let error as Unreachable {
                guard error.mayHaveArrived else { throw error }
            }
        }
        return try await call(TaskView.self, "POST", "/tasks", body: task)
    }

    /// A task as it is now.
    func task(_ id: TaskID) async throws -> TaskView { try await call(TaskView.self, "GET", "/tasks/\(id)") }

    /// The newest tasks first.
    func tasks(limit: Int) async throws -> Listing<TaskView> {
        try await call(Listing<TaskView>.self, "GET", "/tasks?limit=\(limit)")
    }

    /// Asks for the end of a task.
    func cancel(_ id: TaskID) async throws -> TaskView {
        try await call(TaskView.self, "POST", "/tasks/\(id)/cancel")
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
