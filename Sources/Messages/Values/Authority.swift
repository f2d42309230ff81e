/// The authority of a URL: `[user[:password]@]host[:port]`, in which an IPv6 address has brackets.
public struct Authority: Equatable, Sendable {
    /// What stands before the last `@`, as it was written; nil without one. Never shown: it may hold a password.
    public let userInfo: String?
    public let host: HostName
    /// 1 to 65,535; nil where none is written.
    public let port: Int?

    /// - Throws: ``Fault`` with code `invalid_request` that says what is wrong with the host or the port.
    public init(_ text: Substring) throws {
        let at = text.lastIndex(of: "@")
        userInfo = at.map { String(text[..<$0]) }
        let rest = at.map { text[text.index(after: $0)...] } ?? text
        let end = rest.lastIndex(of: "]").map(rest.index(after:))
        if end == nil, rest.count(where: { $0 == ":" }) > 1 {
            throw Fault(.invalidRequest, "an IPv6 address stands in brackets, as in http://[::1]:8787")
        }
        let colon = rest[(end ?? rest.startIndex)...].firstIndex(of: ":")
        let name = rest[..<(colon ?? rest.endIndex)]
        guard !name.isEmpty else { throw Fault(.invalidRequest, "it names no host") }
        port = try colon.flatMap { try Self.port(rest[rest.index(after: $0)...]) }
        host = try HostName(name)
    }

    private static func port(_ digits: Substring) throws -> Int? {
        guard !digits.isEmpty else { return nil }
        guard digits.allSatisfy(\.isNumber), let port = Int(digits), (1...65_535).contains(port) else {
            throw Fault(.invalidRequest, "its port is not 1 to 65535")
        }
        return port
    }
}
