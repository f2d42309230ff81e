import Curl

/// There was no answer from a gateway.
struct Unreachable: Error, CustomStringConvertible {
    /// The gateway's.
    let url: String
    let cause: CurlError

    /// Whether the request may have arrived all the same.
    var mayHaveArrived: Bool { cause.kind == .broken || cause.kind == .timedOut }

    /// What it means to the person who waits.
    var description: String {
        switch cause.kind {
        case .refused: "no gateway answers at \(url); start one with `wegent up`, or name another with --url"
        case .unresolved: "the host of \(url) is not known; check the address (--url or WEGENT_BACKEND_URL)"
        case .timedOut: "\(url) did not answer in time; try again, or check the network"
        case .tls: "\(url) cannot be trusted, or speaks no TLS: \(cause.message)"
        default: "the connection to \(url) failed: \(cause.message)"
        }
    }
}
