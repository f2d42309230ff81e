/// Which gateway a command speaks to, and as whom.
struct Connection: Equatable, Sendable {
    /// Where `wegent up` listens unless told otherwise.
    static let localURL = "http://127.0.0.1:8787"

    /// Without a slash at the end.
    var url: String
    /// Nil when none is known for this gateway.
    var token: String?

    init(url: String, token: String?) {
        self.url = url
        self.token = token
    }

    /// Flags over environment over what was saved. A saved token goes only to the gateway that it was saved for.
    /// - Throws: ``Failure`` when the address is none.
    init(url: String?, token: String?, environment: [String: String], saved: SavedConnection?) throws {
        let named = url ?? environment["WEGENT_BACKEND_URL"].nonEmpty
        let address = try Self.address(named ?? saved?.url ?? Self.localURL)
        let said = token ?? environment["WEGENT_TOKEN"].nonEmpty
        let kept = try saved.flatMap { try Self.address($0.url) == address ? $0.token : nil }
        self.init(url: address, token: said ?? kept)
    }

    /// The URL without its last slashes.
    /// - Throws: ``Failure`` when it is not an `http` or `https` URL.
    static func address(_ text: String) throws -> String {
        let lower = text.lowercased()
        let host =
            lower.hasPrefix("http://") ? lower.dropFirst(7) : lower.hasPrefix("https://") ? lower.dropFirst(8) : ""
        guard let first = host.first, first != "/", !text.contains(where: \.isWhitespace) else {
            throw Failure("'\(text)' is not an address of a gateway; one looks like \(localURL)")
        }
        var address = text[...]
        while address.last == "/" { address.removeLast() }
        return String(address)
    }
}

extension String? {
    /// The text; nil for an empty one, as an empty variable says nothing.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
