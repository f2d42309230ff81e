/// The address of a gateway, as executor and command line take it: `http`, `https`, `ws` or `wss`, a host, and where the
/// gateway is below one a path. `ws` means `http`, `wss` means `https`.
public struct BackendURL: Equatable, Sendable, CustomStringConvertible {
    /// Whether the connection has TLS.
    public let isSecure: Bool
    public let host: HostName
    /// 1 to 65,535.
    public let port: Int
    /// Empty, or from a slash to the last character before a slash: slashes at the end and double ones are dropped.
    public let path: String

    /// Reads a URL; white space around it is dropped.
    /// - Throws: ``Fault`` with code `invalid_request` that says what is wrong.
    public init(_ text: String) throws {
        let text = text.trimmingWhitespace()
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let isSecure = Self.schemes[parts[0].lowercased()] else {
            throw Self.fault(text, "it must begin with http:// or https://")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Self.fault(text, "it has a space or another character that a URL cannot have")
        }
        let end = parts[1].firstIndex { "/?#\\".contains($0) } ?? parts[1].endIndex
        let (authority, path) = (parts[1][..<end], parts[1][end...])
        // Not shown: it may hold a password.
        guard !authority.contains("@") else {
            throw Fault(.invalidRequest, "the backend URL has a user name; the gateway wants only a token")
        }
        guard !path.contains(where: { "?#\\".contains($0) }) else {
            throw Self.fault(text, "it ends with its path, without a query, a fragment or a backslash")
        }
        self.isSecure = isSecure
        do {
            let read = try Authority(authority)
            (host, port) = (read.host, read.port ?? (isSecure ? 443 : 80))
        } catch let error as Fault { throw Self.fault(text, error.message) }
        self.path = path.split(separator: "/").map { "/\($0)" }.joined()
    }

    private static let schemes = ["http": false, "https": true, "ws": false, "wss": true]

    /// `host` or `host:port`, where the port is not the scheme's own. For a `Host` header.
    public var authority: String { host.inHeader + suffix }

    public var description: String { "\(isSecure ? "https" : "http")://\(host.inURL)\(suffix)\(path)" }

    private var suffix: String { port == (isSecure ? 443 : 80) ? "" : ":\(port)" }

    private static func fault(_ url: String, _ why: String) -> Fault {
        Fault(
            .invalidRequest,
            "the backend URL '\(printable(url))' is not valid: \(why); it should look like http://127.0.0.1:8787 or "
                + "https://host")
    }

    /// The first 200 characters, without those that could hide something on a terminal.
    static func printable(_ text: some StringProtocol) -> String {
        String(
            String.UnicodeScalarView(text.prefix(200).unicodeScalars.map { $0.properties.isVisible ? $0 : "\u{fffd}" }))
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isVisible: Bool {
        ![.control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse].contains(generalCategory)
    }
}

extension String {
    /// Without white space and line breaks at both ends.
    func trimmingWhitespace() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
