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
        let at = rest.lastIndex(of: "@")
        credentials = at.map { Self.decoded(rest[..<$0]) }
        let authority = at.map { rest[rest.index(after: $0)...] } ?? rest
        let end = authority.lastIndex(of: "]").map(authority.index(after:)) ?? authority.startIndex
        let colon = authority[end...].lastIndex(of: ":")
        let digits = colon.map { authority[authority.index(after: $0)...] }
        guard let port = digits.map({ Int($0) }) ?? (scheme == "https" ? 443 : 1080), (1...65_535).contains(port),
            let host = try? HostName(authority[..<(colon ?? authority.endIndex)])
        else {
            throw Fault(
                .invalidRequest, "\(variable) does not name a proxy; it should look like http://proxy.example.com:3128")
        }
        (self.host, self.port, self.variable) = (host, port, variable)
    }

    /// Replaces `%41` by the byte that it means.
    private static func decoded(_ text: Substring) -> String {
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
