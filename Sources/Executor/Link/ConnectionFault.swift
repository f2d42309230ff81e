import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The meaning of the errors of NIO and BoringSSL while a connection is opened.
enum ConnectionFault {
    /// Returns the shortest accurate text for an error.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error { return reason(cause) }
            return error.dnsAError != nil || error.dnsAAAAError != nil
                ? "the name \(error.host) cannot be resolved" : "no address of \(error.host) accepted the connection"
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: return "no answer in time"
        case is HTTPParserError: return "the answer is not HTTP"
        case NIOSSLError.uncleanShutdown: return "the connection was closed during the TLS handshake"
        case NIOSSLError.handshakeFailed(let cause): return handshake("\(cause)")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "the certificate is for another host name"
        default: return "\(error)"
        }
    }

    /// Returns the failure for an error after the connection was accepted and before the WebSocket was open.
    static func during(_ error: any Error, of address: LinkAddress) -> LinkFailure {
        switch error {
        case is HTTPParserError:
            .mistaken("\(address) answers with something that is not HTTP; check host and port of the address")
        case NIOSSLError.handshakeFailed(let cause) where isNoTLS("\(cause)"):
            .mistaken(
                "\(address) does not answer with TLS; if the gateway has none, begin the backend URL with http://")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            .mistaken("\(address) has a certificate for another host name; use the name that it is for")
        default: .unreachable("\(address): \(reason(error))")
        }
    }

    /// BoringSSL gives its reason only as a name in a text.
    private static func isNoTLS(_ text: String) -> Bool {
        ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains(where: text.contains)
    }

    private static func handshake(_ text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted here, or is not valid at this machine's date"
        }
        return "the TLS handshake failed: \(text)"
    }
}
