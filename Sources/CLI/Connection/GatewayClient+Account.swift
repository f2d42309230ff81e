import Messages

/// Login, tokens, devices and defaults.
extension GatewayClient {
    /// Exchanges a name and a password for a token.
    func login(user: String, password: String) async throws -> LoginBody {
        try await call(
            LoginBody.self, "POST", "/auth/login", body: LoginRequestBody(username: user, password: password))
    }

    /// Creates an API token.
    func createToken(_ token: TokenRequestBody) async throws -> IssuedTokenBody {
        try await call(IssuedTokenBody.self, "POST", "/tokens", body: token)
    }

    /// Lists the user's tokens.
    func tokens() async throws -> [TokenBody] { try await call(ListBody<TokenBody>.self, "GET", "/tokens").items }

    /// Revokes a token.
    func revoke(token: TokenID) async throws { try await send("DELETE", "/tokens/\(token)") }

    /// Lists the user's devices, from all pages.
    /// - Parameter label: `name` or `name=value`, which the devices must have; nil = all devices.
    func devices(label: String? = nil) async throws -> [DeviceBody] {
        let query = label.map { "&label=\($0.percentEncoded)" } ?? ""
        var (devices, next): ([DeviceBody], String?) = ([], nil)
        repeat {
            let before = next.map { "&before=\($0.percentEncoded)" } ?? ""
            let page = try await call(PageBody<DeviceBody>.self, "GET", "/devices?limit=200\(query)\(before)")
            devices += page.items
            next = page.items.isEmpty ? nil : page.next
        } while next != nil
        return devices
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
    func update(device: String, _ patch: DevicePatchBody) async throws -> DeviceBody {
        try await call(DeviceBody.self, "PATCH", "/devices/\(device.percentEncoded)", body: patch)
    }

    /// Returns the user's defaults for tasks.
    func defaults() async throws -> DefaultsBody { try await call(DefaultsBody.self, "GET", "/me/defaults") }

    /// Changes the user's defaults.
    func change(defaults patch: DefaultsPatchBody) async throws -> DefaultsBody {
        try await call(DefaultsBody.self, "PATCH", "/me/defaults", body: patch)
    }
}
