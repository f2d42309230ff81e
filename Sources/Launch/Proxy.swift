import Messages

/// A proxy that the environment names.
public struct Proxy: Equatable, Sendable, CustomStringConvertible {
    /// `http` unless the variable names another scheme, in lower case.
    public let scheme: String
    public let host: HostName
    public let port: Int
    /// `user:password`, decoded; nil when the variable has none. Never logged.
    public let credentials: String?
    /// The variable that names it.
    public let variable: String

    /// Reads `[scheme://][user:password@]host[:port]`, as libcurl does: without a port it is 1080, 443 for `https`.
    /// - Throws: ``Fault`` with code `invalid_request` that names the variable.
    init(_ text: String, variable: String) throws {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        scheme = parts.count == 2 ? parts[0].lowercased() : "http"
        let rest = parts[parts.count - 1].prefix { $0 != "/" }
        // What is wrong is not repeated: it may be a part of a password.
        guard let authority = try? Authority(rest) else {
            throw Fault(
                .invalidRequest,
                "\(variable) does not name a proxy; it should look like http://proxy.example.com:3128 or http://[::1]:3128"
            )
        }
        (host, port) = (authority.host, authority.port ?? (scheme == "https" ? 443 : 1080))
        (credentials, self.variable) = (authority.userInfo.map { Self.decoded($0) }, variable)
    }

    /// Replaces `%41` by the byte that it means.
    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Such as `http://10.0.0.1:3128 (from https_proxy)`.
    public var description: String { "\(scheme)://\(host.inURL):\(port) (from \(variable))" }
}
