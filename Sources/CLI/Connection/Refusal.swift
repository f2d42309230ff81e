import Messages

/// The gateway's answer to a request that it did not fulfil (a problem document, RFC 9457).
struct Refusal: Error, Equatable, CustomStringConvertible {
    /// The HTTP status.
    let status: Int
    /// The stable code; nil when the answer was no problem document, as a proxy's.
    let code: ErrorCode?
    /// What the gateway says.
    let message: String

    init(status: Int, code: ErrorCode?, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// Reads the body of an answer from `url`.
    init(status: Int, body: [UInt8], from url: String) {
        let problem = try? Backend.decoder.decode(Problem.self, from: body.data)
        let message =
            problem?.detail ?? problem?.title ?? "\(url) answered with HTTP \(status); is it a Wegent gateway?"
        self.init(status: status, code: problem?.code, message: message)
    }

    /// What it says, the code to look up, and what to do about a token.
    var description: String {
        let named = code.map { " (\($0))" } ?? ""
        let tokens: [ErrorCode] = [.tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked]
        let advice = code.map(tokens.contains) == true ? "; log in again with `wegent login`" : ""
        var sentence = PlainSight.text(message)[...]
        while sentence.last == "." { sentence.removeLast() }
        return "\(sentence)\(named)\(advice)"
    }

    private struct Problem: Decodable {
        let title: String?
        let detail: String?
        let code: ErrorCode?
    }
}
