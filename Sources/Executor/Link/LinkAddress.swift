import Messages

/// The address of the gateway's WebSocket for executors: `/executor` below the backend's path.
struct LinkAddress: Equatable, Sendable, CustomStringConvertible {
    let backend: BackendURL

    /// - Throws: ``Fault`` with code `invalid_request`.
    init(_ url: String) throws { backend = try BackendURL(url) }

    /// As a resolver takes it.
    var host: String { backend.host.name }
    var port: Int { backend.port }
    var secure: Bool { backend.isSecure }
    var path: String { backend.path + "/executor" }
    /// The value of the `Host` header.
    var authority: String { backend.authority }

    var description: String { "\(secure ? "wss" : "ws")://\(authority)\(path)" }
}
