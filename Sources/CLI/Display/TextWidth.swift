/// The number of columns that text takes on a terminal.
enum TextWidth {
    /// The columns of one scalar: 0 for combining marks, 2 for East Asian wide characters and emoji.
    static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x20 || (0x7f..<0xa0).contains(value) { return 0 }
        if value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if value >= 0xfe00, value <= 0xfe0f { return 0 }
        return isWide(value) ? 2 : 1
    }

    /// The columns of a text without control characters.
    static func of(_ text: some StringProtocol) -> Int { text.unicodeScalars.reduce(0) { $0 + of($1) } }

    /// Cuts `text` to `columns`; a cut text ends in `…`.
    static func fit(_ text: String, _ columns: Int) -> String {
        guard of(text) > columns else { return text }
        var (out, used) = ("", 0)
        for character in text {
            let width = of(String(character))
            if used + width > max(0, columns - 1) { break }
            out.append(character)
            used += width
        }
        return columns > 0 ? out + "…" : ""
    }

    /// Pads `text` with spaces to `columns`.
    static func pad(_ text: String, _ columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - of(text)))
    }

    // Unicode's East Asian Width W and F, in ranges merged where no narrow character lies between.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
            0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x1fa70...0x1faff, 0x20000...0x3fffd,
            0x231a...0x231b, 0x23e9...0x23ec, 0x2614...0x2615, 0x2648...0x2653, 0x26a1, 0x26bd...0x26be, 0x2705,
            0x274c, 0x274e, 0x2753...0x2755, 0x2757, 0x2795...0x2797, 0x2b50, 0x2b55:
            true
        default: false
        }
    }
}
