/// The model's reaction to one request.
public struct Turn: Sendable {
    /// A part of a text: a token, or a point where the model waits.
    public enum Piece: Sendable, ExpressibleByStringLiteral {
        /// One delta.
        case token(String)
        /// A pause until the gate is opened; everything before it has been sent.
        case gate(Gate)
        /// The end of the connection in the middle of the response. A client drops what it has not read by then, so that
        /// a gate before it waits for that.
        case cut

        public init(stringLiteral value: String) { self = .token(value) }
    }

    /// A content block of a response.
    public enum Block: Sendable {
        case text([Piece])
        case thinking([Piece])
        /// A tool call; `input` is a JSON object.
        case tool(name: String, input: String)
        /// A tool call whose connection ends behind the beginning of its input, once a gate is open.
        case cutTool(name: String, input: String, after: Gate)
    }

    enum Kind: Sendable {
        case blocks([Block])
        case failure(status: Int, type: String, message: String, headers: [String: String])
        case hang
    }

    let kind: Kind

    /// A response of several blocks.
    public static func blocks(_ blocks: Block...) -> Turn { Turn(kind: .blocks(blocks)) }

    /// A response of text, with one delta per piece.
    public static func text(_ pieces: Piece...) -> Turn { Turn(kind: .blocks([.text(pieces)])) }

    /// A tool call, such as `.tool("Bash", input: #"{"command":"ls"}"#)`.
    public static func tool(_ name: String, input: String) -> Turn {
        Turn(kind: .blocks([.tool(name: name, input: input)]))
    }

    /// An error of the API: 400 `invalid_request_error`, 401 `authentication_error`, 429 `rate_limit_error`,
    /// 500 `api_error`, 529 `overloaded_error`. Claude Code retries after some of them.
    public static func failure(
        _ status: Int, _ message: String = "scripted failure", headers: [String: String] = [:]
    ) -> Turn {
        let types = [
            400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
            404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error",
        ]
        return Turn(
            kind: .failure(status: status, type: types[status] ?? "api_error", message: message, headers: headers))
    }

    /// The refusal of an account whose usage limit is reached, until a moment in seconds since 1970; nil = it is not told.
    public static func usageLimit(until reset: Int?) -> Turn {
        var headers = ["anthropic-ratelimit-unified-status": "rejected"]
        if let reset {
            headers["anthropic-ratelimit-unified-reset"] = "\(reset)"
            headers["anthropic-ratelimit-unified-representative-claim"] = "five_hour"
            headers["retry-after"] = "7200"
        }
        return failure(429, "usage limit", headers: headers)
    }

    /// No response until the client disconnects.
    public static let hang = Turn(kind: .hang)
}
