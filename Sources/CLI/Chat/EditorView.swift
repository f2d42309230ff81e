/// A message that is being typed as lines of a terminal, with the place of the cursor.
struct EditorView: Sendable, Equatable {
    private static let (prompt, indent) = ("› ", "  ")

    private(set) var lines: [String] = []
    /// The cursor's line, from 0, and its column.
    private(set) var row = 0
    private(set) var column = 0

    /// - Parameters:
    ///   - width: The terminal's columns; lines stay one shorter, so that they do not wrap.
    ///   - rows: The most lines to show; those around the cursor are.
    init(_ editor: LineEditor, width: Int, rows: Int) {
        let room = max(width - 1, 4)
        var (line, column) = (Self.prompt, 2)
        for (index, character) in editor.characters.enumerated() {
            let shown = Self.shown(character)
            let size = TextWidth.of(shown)
            if character != "\n", column + size > room {
                lines.append(line)
                (line, column) = (Self.indent, 2)
            }
            if index == editor.cursor { (row, self.column) = (lines.count, column) }
            if character == "\n" {
                lines.append(line)
                (line, column) = (Self.indent, 2)
            } else {
                line += shown
                column += size
            }
        }
        lines.append(line)
        if editor.cursor == editor.characters.count { (row, self.column) = (lines.count - 1, column) }
        let first = min(max(0, row - rows / 2), max(0, lines.count - rows))
        lines = Array(lines[first..<min(first + rows, lines.count)])
        row -= first
    }

    /// The bytes that draw the lines below a status line and return to that line.
    var below: String { "\r\n" + lines.joined(separator: "\r\n") + "\u{1b}[\(lines.count)A" }

    /// A character as it is shown: invisible ones escaped. Characters of several scalars, such as emoji, are whole.
    private static func shown(_ character: Character) -> String {
        if character == "\t" { return "    " }
        return character.unicodeScalars.count == 1 ? TerminalEscaping.line(String(character)) : String(character)
    }
}
