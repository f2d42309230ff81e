/// An error as it crosses a wire: a stable code for programs and a sentence for people.
public struct Fault: Error, Message, Equatable, CustomStringConvertible {
    public static let type = "fault"
    /// The stable code; programs decide by it and never by the text.
    public var code: ErrorCode
    /// What happened, to which thing, and what to do next; at most ``TextLimits/sentence`` bytes. Never a token, a prompt
    /// or a payload.
    public var message: String

    /// Cuts a longer message: it may hold the last lines of a program's output.
    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = TextLimits.cut(message, to: TextLimits.sentence)
    }

    public var description: String { "\(message) (\(code))" }
}
