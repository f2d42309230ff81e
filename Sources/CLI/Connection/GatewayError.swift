import Launch
import Messages

/// An error reply of the gateway (a problem document, RFC 9457).
struct GatewayError: Error, Equatable, CustomStringConvertible {
    /// The HTTP status.
    let status: Int
    /// The stable code; nil when the reply is no problem document, for example from a proxy.
    let code: ErrorCode?
    /// The gateway's sentence about it.
    let message: String

    init(status: Int, code: ErrorCode?, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// Reads the body of an error reply from `url`.
    init(status: Int, body: [UInt8], from url: String) {
        let problem = try? GatewayClient.decoder.decode(ProblemBody.self, from: body.data)
        let proxy = (try? BackendURL(url)).flatMap {
            try? ProxySettings(environment: Setting.process.environment).proxy(for: $0)
        }
        let origin = proxy.map { "\(url), or the proxy \($0) on the way to it," } ?? url
        let message =
            problem?.detail ?? problem?.title
            ?? "\(origin) answered with HTTP status \(status) and no error code; check that it is a Wegent gateway"
        self.init(status: status, code: problem?.code, message: message)
    }

    /// Whether the same request may succeed later: the gateway is overloaded, draining or being replaced.
    var isTemporary: Bool { status >= 500 || status == 429 }

    /// The gateway's sentence, the code, and for a rejected token what to do next.
    var description: String {
        let named = code.map { " (\($0))" } ?? ""
        let tokens: [ErrorCode] = [.tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked]
        let needsAdvice = code.map(tokens.contains) == true && !message.contains("wegent login")
        let advice = needsAdvice ? "; log in again with `wegent login`" : ""
        var sentence = TerminalEscaping.text(message)[...]
        while sentence.last == "." { sentence.removeLast() }
        return "\(sentence)\(named)\(advice)"
    }
}
