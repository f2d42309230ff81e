import Messages

/// The gateway that a command uses, and the token it sends.
struct Connection: Equatable, Sendable {
    /// The address at which `wegent up` listens by default.
    static let localURL = "http://127.0.0.1:8787"

    /// The gateway's address, as ``BackendURL`` writes it: without a trailing slash.
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
        let given = try Self.token(token ?? environment["WEGENT_TOKEN"])
        let kept = try saved.flatMap { try Self.address($0.url) == address ? Self.token($0.token) : nil }
        self.init(url: address, token: given ?? kept)
    }

    /// Returns the URL in its one form.
    /// - Throws: ``CommandError`` when it is not valid.
    static func address(_ text: String) throws -> String {
        do { return try BackendURL(text).description } catch let fault as Fault { throw CommandError(fault.message) }
    }

    /// Returns the token without white space around it; nil when nothing is left.
    /// - Throws: ``CommandError`` when it cannot be a token.
    private static func token(_ text: String?) throws -> String? {
        do { return try text.map(BearerToken.read).nonEmpty } catch let fault as Fault {
            throw CommandError(fault.message)
        }
    }
}

extension String? {
    /// The text; nil when it is empty, since an empty environment variable counts as unset.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
