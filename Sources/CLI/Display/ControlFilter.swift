/// Takes terminal control out of an agent's text, which may be anybody's: escape sequences, bells and the like
/// would let a file's content move the cursor, set titles or answer for the user. Line feeds and tabs stay. Works
/// on pieces cut anywhere.
struct ControlFilter: Sendable {
    private enum State {
        case text, escape, sequence, command, commandEscape
    }

    private var state = State.text

    /// The piece without control.
    mutating func clean(_ piece: String) -> String {
        // Most text has none.
        if state == .text, !piece.unicodeScalars.contains(where: { $0.isControl }) { return piece }
        var out = String.UnicodeScalarView()
        for scalar in piece.unicodeScalars { take(scalar, into: &out) }
        return String(out)
    }

    private mutating func take(_ scalar: Unicode.Scalar, into out: inout String.UnicodeScalarView) {
        switch state {
        case .text:
            if scalar == "\u{1b}" {
                state = .escape
            } else if scalar == "\u{9b}" {
                state = .sequence
            } else if !scalar.isControl {
                out.append(scalar)
            }
        case .escape:
            switch scalar {
            case "[": state = .sequence
            case "]", "P", "_", "^", "X": state = .command
            // An intermediate byte, one more follows.
            case " "..."/": break
            default: state = .text
            }
        case .sequence:
            // Ends with a letter or @[\]^_`{|}~; anything outside of ASCII's printable range breaks it off.
            if ("@"..."~").contains(scalar) || scalar.value < 0x20 { state = .text }
        case .command:
            if scalar == "\u{7}" || scalar == "\u{9c}" { state = .text }
            if scalar == "\u{1b}" { state = .commandEscape }
        case .commandEscape: state = scalar == "\\" ? .text : .command
        }
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls but tab and line feed.
    fileprivate var isControl: Bool {
        (value < 0x20 && value != 0x0a && value != 0x09) || (0x7f..<0xa0).contains(value)
    }
}
