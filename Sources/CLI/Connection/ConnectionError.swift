import Curl
import Launch
import Messages

/// A request that got no reply from the gateway.
struct ConnectionError: Error, CustomStringConvertible {
    /// The gateway's address.
    let url: String
    let cause: CurlError
    /// The proxy between here and the gateway; nil = none.
    let proxy: Proxy?
    /// The sentence of ``SchemeProbe`` about the address; nil = it has found nothing.
    var mistake: String?

    init(url: String, cause: CurlError, environment: [String: String] = Setting.process.environment) {
        self.url = url
        self.cause = cause
        proxy = (try? BackendURL(url)).flatMap { try? ProxySettings(environment: environment).proxy(for: $0) }
    }

    /// Whether the gateway may have received the request.
    var mayHaveArrived: Bool { cause.kind == .broken || cause.kind == .timedOut }

    /// Whether a server may have been reached that speaks the other of HTTP and HTTPS.
    var mayBeMistaken: Bool {
        proxy == nil && [.broken, .tls, .timedOut, .invalidRequest, .other].contains(cause.kind)
    }

    var description: String {
        if let mistake { return mistake }
        if let proxy { return description(through: proxy) }
        return switch cause.kind {
        case .refused:
            "no gateway is listening at \(url); start one with `wegent up`, or give another address with --url"
        case .unresolved:
            "the host name in \(url) cannot be resolved; check the address in --url or WEGENT_BACKEND_URL"
        case .timedOut: "\(url) did not reply in time; check the network and try again"
        case .tls where cause.message.contains("wrong version number"):
            "\(url) does not answer with TLS; if the gateway has none, write http:// instead of https://"
        case .tls, .untrusted: "no trusted TLS connection to \(url) is possible: \(cause.message)"
        case .broken:
            "the connection to \(url) failed: \(cause.message); check that a Wegent gateway is there, and its scheme"
        default: "the connection to \(url) failed: \(cause.message)"
        }
    }

    private func description(through proxy: Proxy) -> String {
        switch cause.kind {
        case .refused, .unresolved, .timedOut:
            "the proxy \(proxy) on the way to \(url) cannot be reached: \(cause.message); correct the variable, or put the "
                + "gateway into no_proxy"
        default: "the connection to \(url) through the proxy \(proxy) failed: \(cause.message)"
        }
    }
}
