/// The rule for a device's name: people have to see it and to type it.
enum DeviceName {
    /// The longest name, in characters.
    static let longest = 200

    /// Returns what is wrong with a name, for a sentence that begins with where it comes from; nil = nothing.
    static func problem(of name: String) -> String? {
        guard name.unicodeScalars.contains(where: isVisible) else { return "must not be blank" }
        guard name.count <= longest else { return "must be 1 to \(longest) characters" }
        guard let control = name.unicodeScalars.first(where: isControl) else { return nil }
        let code = String(control.value, radix: 16, uppercase: true)
        return "contains the control character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)"
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.properties.isWhitespace && !scalar.properties.isDefaultIgnorableCodePoint && !isControl(scalar)
    }

    /// Controls, separators of lines, and marks that change direction or show nothing; not the joiners and tags inside
    /// of an emoji or a word.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        case .format: ![0x200c, 0x200d].contains(scalar.value) && !(0xe0020...0xe007f).contains(scalar.value)
        default: false
        }
    }
}
