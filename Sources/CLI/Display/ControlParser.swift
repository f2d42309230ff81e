/// Splits text into what is shown and what controls a terminal, as a value. The text may be cut anywhere.
///
/// A control sequence that never ends hides nothing: a line feed, another sequence or ``longest`` ends it, and it comes out as
/// ``Token/text(_:)`` with `␛` for the escape character.
struct ControlParser: Sendable {
    enum Token: Equatable {
        /// A character to show.
        case character(Unicode.Scalar)
        /// A C0 or C1 control, such as a line feed or a carriage return.
        case control(Unicode.Scalar)
        /// `ESC [` … with its numbers; `isPrivate` = with a mark such as `?`.
        case sequence(final: Unicode.Scalar, numbers: [Int], isPrivate: Bool)
        /// `ESC` and one more character.
        case escape(Unicode.Scalar)
        /// An unfinished sequence, as text.
        case text(String)
    }

    /// The largest number of scalars of a sequence: a picture of a few KiB fits, and less than an event waits for its end.
    static let longest = 16 << 10
    /// The largest number of scalars of a sequence of numbers.
    private static let longestNumbers = 128

    private enum State { case text, escape, numbers, string, stringEscape }

    private var state = State.text
    private var held = String.UnicodeScalarView()
    private var heldCount = 0

    /// Whether no sequence is unfinished.
    var isAtText: Bool { state == .text }

    /// The unfinished sequence as text.
    var unfinished: String { Self.visible(held) }

    /// Forgets the unfinished sequence and returns it as text.
    mutating func finish() -> String {
        defer { begin(.text) }
        return unfinished
    }

    mutating func take(_ scalar: Unicode.Scalar, _ emit: (Token) -> Void) {
        switch state {
        case .text: text(scalar, emit)
        case .escape: escape(scalar, emit)
        case .numbers: numbers(scalar, emit)
        case .string: string(scalar, emit)
        case .stringEscape:
            if scalar == "\\" { return begin(.text) }
            // Doubled escape characters are data, for example for a terminal within tmux.
            if scalar == "\u{1b}" {
                hold(scalar)
                state = .string
                return
            }
            held.removeLast()
            abandon(emit)
            hold("\u{1b}")
            escape(scalar, emit)
        }
    }

    // MARK: States

    private mutating func text(_ scalar: Unicode.Scalar, _ emit: (Token) -> Void) {
        switch scalar {
        case "\u{1b}": begin(.escape, with: scalar)
        case "\u{9b}": begin(.numbers, with: scalar)
        case "\u{90}", "\u{98}", "\u{9d}", "\u{9e}", "\u{9f}": begin(.string, with: scalar)
        default: emit(scalar.isControl ? .control(scalar) : .character(scalar))
        }
    }

    private mutating func escape(_ scalar: Unicode.Scalar, _ emit: (Token) -> Void) {
        state = .escape
        switch scalar {
        case "[" where heldCount == 1: hold(scalar, .numbers)
        case "]" where heldCount == 1, "P" where heldCount == 1, "_" where heldCount == 1, "^" where heldCount == 1,
            "X" where heldCount == 1:
            hold(scalar, .string)
        // An intermediate character; one more follows.
        case " "..."/" where heldCount < 4: hold(scalar)
        case "0"..."~":
            let isPlain = heldCount == 1
            begin(.text)
            if isPlain { emit(.escape(scalar)) }
        default:
            abandon(emit)
            text(scalar, emit)
        }
    }

    private mutating func numbers(_ scalar: Unicode.Scalar, _ emit: (Token) -> Void) {
        switch scalar {
        case "@"..."~":
            let token = sequence(scalar)
            begin(.text)
            emit(token)
        case " "..."?" where heldCount < Self.longestNumbers: hold(scalar)
        default:
            abandon(emit)
            text(scalar, emit)
        }
    }

    private mutating func string(_ scalar: Unicode.Scalar, _ emit: (Token) -> Void) {
        switch scalar {
        case "\u{7}", "\u{9c}": begin(.text)
        case "\u{1b}": hold(scalar, .stringEscape)
        // A program that meant it as a sequence would have ended it before: LF, CAN or SUB.
        case "\n", "\u{18}", "\u{1a}":
            abandon(emit)
            text(scalar, emit)
        default:
            hold(scalar)
            if heldCount >= Self.longest { abandon(emit) }
        }
    }

    // MARK: Parts

    private mutating func begin(_ next: State, with scalar: Unicode.Scalar? = nil) {
        state = next
        held = String.UnicodeScalarView()
        heldCount = 0
        if let scalar { hold(scalar) }
    }

    private mutating func hold(_ scalar: Unicode.Scalar, _ next: State? = nil) {
        held.append(scalar)
        heldCount += 1
        if let next { state = next }
    }

    private mutating func abandon(_ emit: (Token) -> Void) {
        let text = Self.visible(held)
        begin(.text)
        emit(.text(text))
    }

    private func sequence(_ final: Unicode.Scalar) -> Token {
        let digits = held.drop { $0 == "\u{1b}" || $0 == "[" || $0 == "\u{9b}" }
        let isPlain = digits.allSatisfy { ("0"..."9").contains($0) || $0 == ";" || $0 == ":" }
        guard isPlain else { return .sequence(final: final, numbers: [], isPrivate: true) }
        let numbers = digits.split(omittingEmptySubsequences: false) { $0 == ";" || $0 == ":" }
        return .sequence(final: final, numbers: numbers.map { Int(String($0)) ?? 0 }, isPrivate: false)
    }

    private static func visible(_ held: String.UnicodeScalarView) -> String {
        var out = String.UnicodeScalarView()
        for scalar in held {
            if scalar == "\u{1b}" {
                out.append("␛")
            } else if (0x80..<0xa0).contains(scalar.value), let letter = Unicode.Scalar(scalar.value - 0x40) {
                // The same opener in its form of two characters.
                out.append("␛")
                out.append(letter)
            } else if !scalar.isControl {
                out.append(scalar)
            }
        }
        return String(out)
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls and DEL.
    var isControl: Bool { value < 0x20 || (0x7f..<0xa0).contains(value) }
}
