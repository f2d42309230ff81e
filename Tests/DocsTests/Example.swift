/// A command that a page shows, with the output below it.
///
/// Commands stand in fenced blocks of the language `console`, on lines that begin with `$ `. A command continues in
/// the next line after a backslash or `|`, and inside single quotes. The lines between two commands are the output of
/// the first.
struct Example: Sendable {
    /// The line of the page on which the command begins, from 1.
    let line: Int
    var command: String
    var output: [String] = []
    /// Why the command cannot run in a test; from the comment `<!-- not run: needs … -->` above its block.
    let reason: String?

    private var isOpen: Bool {
        command.hasSuffix("\\") || command.hasSuffix("|") || command.count { $0 == "'" } % 2 == 1
    }

    /// Every example of a page, in order.
    static func all(of page: Page) -> [Example] {
        var examples: [Example] = []
        var isConsole = false
        var reason: String?
        for (index, text) in page.lines.enumerated() {
            if text.hasPrefix("```") {
                isConsole = text == "```console"
                if !isConsole { reason = nil }
            } else if let comment = text.wholeMatch(of: /<!-- not run: (.*) -->/) {
                reason = String(comment.1)
            } else if isConsole, text.hasPrefix("$ ") {
                examples.append(Example(line: index + 1, command: String(text.dropFirst(2)), reason: reason))
            } else if isConsole, let last = examples.last {
                if last.isOpen {
                    examples[examples.count - 1].command += "\n" + text
                } else {
                    examples[examples.count - 1].output.append(text)
                }
            }
        }
        return examples
    }
}
