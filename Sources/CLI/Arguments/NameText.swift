import ArgumentParser

/// The check of a name that a person gives to a device, a token or a conversation.
enum NameText {
    /// - Throws: `ValidationError` for a name that shows nothing, or with control characters. An empty name is allowed; it
    ///   restores the original one.
    static func check(_ name: String, of what: String) throws {
        guard !name.isEmpty else { return }
        let shown = name.unicodeScalars.contains { scalar in
            !scalar.properties.isWhitespace && TerminalEscaping.line(String(scalar)) == String(scalar)
        }
        guard shown else {
            throw ValidationError(
                "the name '\(TerminalEscaping.line(name))' of \(what) is blank; give one with visible characters")
        }
        guard !name.unicodeScalars.contains(where: isBreak) else {
            throw ValidationError(
                "the name '\(TerminalEscaping.line(name))' of \(what) has control characters or line breaks; leave them out"
            )
        }
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
