/// What went wrong, as it crosses a wire: a stable code to decide by and a sentence to read.
public struct Fault: Error, Message, Equatable, CustomStringConvertible {
    public static let type = "fault"
    /// The stable code; callers decide by it and never by the text.
    public var code: ErrorCode
    /// What happened, to which thing, and what to do next. Never a token, a prompt or a payload.
    public var message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(message) (\(code))" }
}
