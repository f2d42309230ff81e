/// The gateway that a command uses, and the token it sends.
struct Connection: Equatable, Sendable {
    /// The address at which `wegent up` listens by default.
    static let localURL = "http://127.0.0.1:8787"

    /// The gateway's address, without a trailing slash.
    var url: String
    /// The API token; nil when none is known for this gateway.
    var token: String?

    init(url: String, token: String?) {
        self.url = url
        self.token = token
    }

    /// Takes the address and the token each from the first source that has it: flag, environment variable, saved file. A
    /// saved token is sent only to the gateway it was saved for.
    /// - Throws: ``CommandError`` when the address is not valid.
    init(url: String?, token: String?, environment: [String: String], saved: SavedConnection?) throws {
        let chosen = url ?? environment["WEGENT_BACKEND_URL"].nonEmpty
        let address = try Self.address(chosen ?? saved?.url ?? Self.localURL)
        let given = token ?? environment["WEGENT_TOKEN"].nonEmpty
        let kept = try saved.flatMap { try Self.address($0.url) == address ? $0.token : nil }
        self.init(url: address, token: given ?? kept)
    }

    /// Returns the URL without trailing slashes.
    /// - Throws: ``CommandError`` when it is not an `http` or `https` URL.
    static func address(_ text: String) throws -> String {
        let lower = text.lowercased()
        let host =
            lower.hasPrefix("http://") ? lower.dropFirst(7) : lower.hasPrefix("https://") ? lower.dropFirst(8) : ""
        guard let first = host.first, first != "/", !text.contains(where: \.isWhitespace) else {
            throw CommandError("'\(text)' is not a gateway address; write it like \(localURL)")
        }
        var address = text[...]
        while address.last == "/" { address.removeLast() }
        return String(address)
    }
}

extension String? {
    /// The text; nil when it is empty, since an empty environment variable counts as unset.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
