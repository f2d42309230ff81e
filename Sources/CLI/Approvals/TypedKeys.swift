/// Tells what was typed from the escape sequences between it, as a value: an arrow key is no `A`, and what a terminal
/// answers is no `y`. Sequences (ECMA-48 and the single shifts of a keypad) may be cut anywhere.
struct TypedKeys: Sendable, Equatable {
    private enum State: Sendable, Equatable {
        case text
        /// Behind an Escape, which is the key of that name when nothing follows.
        case escape
        /// Behind `ESC [` or `ESC O`, up to a final byte.
        case sequence(isFirst: Bool)
        /// The function keys of Linux's console are `ESC [ [` and a letter.
        case console
        /// A text for a program (`ESC ]` and the like), up to BEL or `ESC \`.
        case string
        case stringEscape
    }

    private var state = State.text

    /// Whether more has to come, or ``quiet()``, before it is clear what was typed.
    var isOpen: Bool { state != .text }

    /// The keys in what was read.
    mutating func take(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { take($0) } }

    /// Nothing has followed for a while, longer than a terminal takes between the bytes of a sequence.
    /// - Returns: whether it was the key Escape.
    mutating func quiet() -> Bool {
        defer { state = .text }
        return state == .escape
    }

    /// Whether it is a key of its own.
    private mutating func take(_ byte: UInt8) -> Bool {
        switch state {
        case .text:
            guard byte == 0x1b else { return true }
            state = .escape
        case .escape:
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "O"): state = .sequence(isFirst: true)
            case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
                state = .string
            // An intermediate byte, one more follows; or Escape again.
            case 0x1b, 0x20...0x2f: break
            // A key with Alt.
            default: state = .text
            }
        case .sequence(let isFirst):
            switch byte {
            case 0x1b: state = .escape
            case UInt8(ascii: "[") where isFirst: state = .console
            case 0x40...0x7e: state = .text
            default: state = .sequence(isFirst: false)
            }
        case .console: state = .text
        case .string:
            if byte == 0x07 { state = .text }
            if byte == 0x1b { state = .stringEscape }
        case .stringEscape: state = byte == UInt8(ascii: "\\") ? .text : .string
        }
        return false
    }
}
