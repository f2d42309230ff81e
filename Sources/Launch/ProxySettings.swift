import Messages

/// The proxies of the environment, by the rules of libcurl: `http_proxy` (in lower case only), `https_proxy` or
/// `HTTPS_PROXY`, else `all_proxy` or `ALL_PROXY`; not for the hosts in `no_proxy` or `NO_PROXY`, and never for this machine.
public struct ProxySettings: Sendable {
    private let environment: [String: String]

    public init(environment: [String: String]) { self.environment = environment }

    /// Returns the proxy for a gateway; nil when it is reached directly.
    /// - Throws: ``Fault`` with code `invalid_request` when the variable cannot be read.
    public func proxy(for url: BackendURL) throws -> Proxy? {
        let names = (url.isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]) + ["all_proxy", "ALL_PROXY"]
        let chosen = names.lazy.compactMap { name in set(name).map { (name, $0) } }.first
        guard let (name, text) = chosen, !direct.contains(url.host) else { return nil }
        return try Proxy(text, variable: name)
    }

    private var direct: DirectHosts {
        DirectHosts((set("no_proxy") ?? set("NO_PROXY") ?? "") + ",localhost,127.0.0.1,::1")
    }

    private func set(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
}
