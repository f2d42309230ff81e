/// A line of characters in columns, as a terminal holds it.
struct TerminalRow: Sendable {
    /// A column. A wide character or a tab takes several: the first one has its text, the others have none.
    private struct Cell: Sendable {
        var text: String
        var style: CellStyle
    }

    /// The largest number of bytes in a column: marks that combine with a character, of which a name has a few.
    private static let longestCell = 64

    private var cells: [Cell] = []

    /// The number of columns.
    var width: Int { cells.count }

    /// Writes a character over what is in its columns.
    /// - Returns: the column after it.
    mutating func put(_ scalar: Unicode.Scalar, at column: Int, _ style: CellStyle) -> Int {
        let width = TextWidth.of(scalar)
        if width == 0, combine(scalar, before: column) { return column }
        place(String(scalar), max(width, 1), at: column, style)
        return column + max(width, 1)
    }

    /// Writes a tab at the line's end; elsewhere it only moves, as on a terminal.
    /// - Returns: the column after it.
    mutating func putTab(at column: Int, _ style: CellStyle) -> Int {
        let end = column / 8 * 8 + 8
        if column == cells.count { place("\t", end - column, at: column, style) }
        return end
    }

    /// Replaces columns with spaces.
    mutating func blank(_ range: Range<Int>) {
        for column in range.clamped(to: 0..<cells.count) { place(" ", 1, at: column, .plain) }
    }

    /// Removes everything from a column on.
    mutating func cut(at column: Int) {
        guard column < cells.count else { return }
        blank(column..<column + 1)
        cells.removeSubrange(column...)
    }

    /// Gives all characters one style.
    mutating func restyle(_ style: CellStyle) { for column in cells.indices { cells[column].style = style } }

    /// The text with its colours. Text that is added at the end adds to it, and changes nothing of it.
    /// - Parameter isWhole: whether it ends in the plain style.
    func text(isWhole: Bool) -> String {
        var (out, style) = ("", CellStyle.plain)
        for cell in cells {
            if cell.style != style { out += CellStyle.change(from: style, to: cell.style) }
            style = cell.style
            out += cell.text
        }
        return isWhole ? out + CellStyle.change(from: style, to: .plain) : out
    }

    private mutating func combine(_ scalar: Unicode.Scalar, before column: Int) -> Bool {
        guard column > 0, column <= cells.count else { return false }
        let first = start(of: column - 1)
        guard cells[first].text.utf8.count < Self.longestCell else { return false }
        cells[first].text.unicodeScalars.append(scalar)
        return true
    }

    private mutating func place(_ text: String, _ width: Int, at column: Int, _ style: CellStyle) {
        while cells.count < column { cells.append(Cell(text: " ", style: .plain)) }
        let end = column + width
        if column < cells.count {
            clear(column)
            clear(end - 1)
        }
        for index in column..<end {
            let cell = Cell(text: index == column ? text : "", style: style)
            if index < cells.count { cells[index] = cell } else { cells.append(cell) }
        }
    }

    /// Replaces the character at a column, with all its columns, by spaces.
    private mutating func clear(_ column: Int) {
        guard column < cells.count else { return }
        let first = start(of: column)
        var end = first + 1
        while end < cells.count, cells[end].text.isEmpty { end += 1 }
        guard end - first > 1 else { return }
        for index in first..<end { cells[index].text = " " }
    }

    private func start(of column: Int) -> Int {
        var first = column
        while first > 0, cells[first].text.isEmpty { first -= 1 }
        return first
    }
}
