import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The address of the gateway's WebSocket for executors.
struct LinkAddress: Equatable, Sendable, CustomStringConvertible {
    var host: String
    var port: Int
    var secure: Bool
    /// From the first slash.
    var path: String

    /// Reads a backend URL: `http`, `https`, `ws` or `wss`; `/executor` is appended to its path.
    /// - Throws: ``Fault`` with code `invalid_request`.
    init(_ url: String) throws {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host,
            !host.isEmpty, ["http", "https", "ws", "wss"].contains(scheme)
        else {
            throw Fault(
                .invalidRequest,
                "the backend URL '\(url.prefix(200))' is not valid; it should look like http://127.0.0.1:8787 or https://host"
            )
        }
        secure = scheme == "https" || scheme == "wss"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (secure ? 443 : 80)
        guard (1...65_535).contains(port) else {
            throw Fault(.invalidRequest, "the backend URL '\(url.prefix(200))' has a port out of range")
        }
        let base = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        path = base + "/executor"
    }

    /// The value of the `Host` header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (secure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(secure ? "wss" : "ws")://\(authority)\(path)" }
}
