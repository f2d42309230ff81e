import Messages

/// Login, tokens, devices and defaults.
extension GatewayClient {
    /// Exchanges a name and a password for a token.
    func login(user: String, password: String) async throws -> LoginReply {
        try await call(LoginReply.self, "POST", "/auth/login", body: ["username": user, "password": password])
    }

    /// Creates an API token.
    func createToken(_ token: NewToken) async throws -> CreatedToken {
        try await call(CreatedToken.self, "POST", "/tokens", body: token)
    }

    /// Lists the user's tokens.
    func tokens() async throws -> [TokenItem] { try await call(Listing<TokenItem>.self, "GET", "/tokens").items }

    /// Revokes a token.
    func revoke(token: TokenID) async throws { try await send("DELETE", "/tokens/\(token)") }

    /// Lists the user's devices.
    /// - Parameter label: `name` or `name=value`, which the devices must have; nil = all devices.
    func devices(label: String? = nil) async throws -> [DeviceItem] {
        let query = label.map { "?label=\($0.percentEncoded)" } ?? ""
        return try await call(Listing<DeviceItem>.self, "GET", "/devices\(query)").items
    }

    /// Makes a device the default.
    func star(_ device: String) async throws { try await send("PUT", "/devices/\(device.percentEncoded)/default") }

    /// Makes a device no longer the default.
    func unstar(_ device: String) async throws {
        try await send("DELETE", "/devices/\(device.percentEncoded)/default")
    }

    /// Removes a device from the list.
    func delete(device: String) async throws { try await send("DELETE", "/devices/\(device.percentEncoded)") }

    /// Changes a device's name or labels.
    /// - Parameter patch: The body of `PATCH /devices/{id}`: `name`, `labels`.
    func update(device: String, _ patch: [String: JSONValue]) async throws -> DeviceItem {
        try await call(DeviceItem.self, "PATCH", "/devices/\(device.percentEncoded)", body: patch)
    }

    /// Returns the user's defaults for tasks.
    func defaults() async throws -> DefaultsItem { try await call(DefaultsItem.self, "GET", "/me/defaults") }

    /// Changes the user's defaults.
    /// - Parameter patch: The body of `PATCH /me/defaults`; null clears a field.
    func change(defaults patch: [String: JSONValue]) async throws -> DefaultsItem {
        try await call(DefaultsItem.self, "PATCH", "/me/defaults", body: patch)
    }
}
