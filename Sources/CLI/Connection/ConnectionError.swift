import Curl

/// A request that got no reply from the gateway.
struct ConnectionError: Error, CustomStringConvertible {
    /// The gateway's address.
    let url: String
    let cause: CurlError

    /// Whether the gateway may have received the request.
    var mayHaveArrived: Bool { cause.kind == .broken || cause.kind == .timedOut }

    var description: String {
        switch cause.kind {
        case .refused:
            "no gateway is listening at \(url); start one with `wegent up`, or give another address with --url"
        case .unresolved:
            "the host name in \(url) cannot be resolved; check the address in --url or WEGENT_BACKEND_URL"
        case .timedOut: "\(url) did not reply in time; check the network and try again"
        case .tls: "no trusted TLS connection to \(url) is possible: \(cause.message)"
        default: "the connection to \(url) failed: \(cause.message)"
        }
    }
}
