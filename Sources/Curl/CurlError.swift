import CCurl

/// Why there is no response, or why its body is incomplete.
public struct CurlError: Error, Sendable, CustomStringConvertible {
    /// The class of an error, for callers that handle some of them.
    public enum Kind: String, Sendable {
        /// The URL or a header is invalid.
        case invalidRequest
        /// The host name cannot be resolved.
        case unresolved
        /// The connection was refused.
        case refused
        /// The connect, idle or total timeout expired.
        case timedOut
        /// The TLS handshake failed.
        case tls
        /// The server speaks TLS, and its certificate is not trusted.
        case untrusted
        /// There were more redirects than the request allows.
        case redirects
        /// The connection broke during the transfer.
        case broken
        /// The body is larger than the caller allows.
        case tooLarge
        /// The client was shut down.
        case closed
        /// Anything else.
        case other
    }

    public let kind: Kind
    /// A sentence for the user.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// Classifies a libcurl result; `detail` is libcurl's text for this transfer.
    init(code: CURLcode, detail: String) {
        let kind: Kind =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
            case CURLE_COULDNT_CONNECT: .refused
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: .tls
            case CURLE_PEER_FAILED_VERIFICATION: .untrusted
            case CURLE_TOO_MANY_REDIRECTS: .redirects
            case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY:
                .broken
            default: .other
            }
        self.init(kind, detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)
    }
}
