/// Text on which somebody decides: nothing in it can hide, reorder or erase the rest.
///
/// ``ControlFilter`` takes terminal control out with all that belongs to it. What an agent may do is decided by what it
/// hands to a tool, so here such a scalar is written as `\u{1b}` and everything around it stays.
enum PlainSight {
    /// The text with each scalar that cannot be seen written out; line feeds and tabs stay.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) && !isLayout($0) }) else { return text }
        return write(text) { isHidden($0) && !isLayout($0) }
    }

    /// In one line: line feeds and tabs are written out as well.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        return write(text, isHidden)
    }

    private static func write(_ text: String, _ hidden: (Unicode.Scalar) -> Bool) -> String {
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

    /// Controls, format characters (of direction, of width zero), separators of lines and paragraphs, and whatever
    /// Unicode says may be drawn as nothing.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20..<0x7f).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
