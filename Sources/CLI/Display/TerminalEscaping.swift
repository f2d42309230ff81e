/// Escapes invisible characters, as `\u{1b}`, so that no part of a text can hide, reorder or erase another part.
///
/// Used for text by which a person decides, and for error texts. ``ControlFilter`` removes whole escape sequences instead,
/// which could hide a part of a command.
enum TerminalEscaping {
    /// Escapes all invisible scalars except line feeds and tabs.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) && !isLayout($0) }) else { return text }
        return escape(text) { isHidden($0) && !isLayout($0) }
    }

    /// Escapes all invisible scalars, line feeds and tabs included: the result is one line.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        return escape(text, isHidden)
    }

    private static func escape(_ text: String, _ hidden: (Unicode.Scalar) -> Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            if hidden(scalar) {
                out += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func isLayout(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\t" }

    /// Controls, format characters (text direction, zero width), line and paragraph separators, and scalars that Unicode
    /// allows a renderer to ignore.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20..<0x7f).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
