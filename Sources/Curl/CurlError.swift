import CCurl

/// Why there is no response, or why its body broke off.
public struct CurlError: Error, Sendable, CustomStringConvertible {
    /// What a caller may want to decide by.
    public enum Kind: String, Sendable {
        /// The URL or a header cannot be sent.
        case invalidRequest
        /// The host's name is not known.
        case unresolved
        /// Nobody accepted the connection.
        case refused
        /// Connection, silence or the whole took too long.
        case timedOut
        /// No TLS, or the other side's certificate is not to be trusted.
        case tls
        /// More redirects than were allowed.
        case redirects
        /// The connection ended in the middle.
        case broken
        /// The body is larger than the caller allows.
        case tooLarge
        /// The client was shut down.
        case closed
        /// Anything else.
        case other
    }

    public let kind: Kind
    /// A sentence for people.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// What libcurl's result means; `detail` is what it wrote about this very transfer.
    init(code: CURLcode, detail: String) {
        let kind: Kind =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
            case CURLE_COULDNT_CONNECT: .refused
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
                .tls
            case CURLE_TOO_MANY_REDIRECTS: .redirects
            case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY:
                .broken
            default: .other
            }
        self.init(kind, detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)
    }
}
