/// Removes terminal control from an agent's text: escape sequences in it, for example from a file, could move the cursor, set
/// the window's title or make the terminal send input. Keeps line feeds and tabs. The text may be split anywhere.
struct ControlFilter: Sendable {
    private enum State {
        case text, escape, sequence, command, commandEscape
    }

    private var state = State.text

    /// Returns the piece without terminal control.
    mutating func clean(_ piece: String) -> String {
        // Fast path.
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
            // An intermediate byte; one more follows.
            case " "..."/": break
            default: state = .text
            }
        case .sequence:
            // A final byte (@ to ~) ends it; a control character aborts it.
            if ("@"..."~").contains(scalar) || scalar.value < 0x20 { state = .text }
        case .command:
            if scalar == "\u{7}" || scalar == "\u{9c}" { state = .text }
            if scalar == "\u{1b}" { state = .commandEscape }
        case .commandEscape: state = scalar == "\\" ? .text : .command
        }
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls except tab and line feed.
    fileprivate var isControl: Bool {
        (value < 0x20 && value != 0x0a && value != 0x09) || (0x7f..<0xa0).contains(value)
    }
}
