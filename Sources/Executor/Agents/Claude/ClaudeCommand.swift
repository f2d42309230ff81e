/// The output of Claude Code's local commands, such as `/compact`, in a message of the user.
enum ClaudeCommand {
    static func output(in text: String) -> String? { inside("local-command-stdout", of: text) }
    static func errors(in text: String) -> String? { inside("local-command-stderr", of: text) }

    /// The text between `<tag>` and `</tag>`, without white space around it; nil where it is empty or missing.
    private static func inside(_ tag: String, of text: String) -> String? {
        guard let start = text.firstRange(of: "<\(tag)>")?.upperBound,
            let end = text.firstRange(of: "</\(tag)>")?.lowerBound, start <= end
        else { return nil }
        var inside = text[start..<end].drop { $0.isWhitespace }
        while inside.last?.isWhitespace == true { inside.removeLast() }
        return inside.isEmpty ? nil : String(inside)
    }
}
