/// Where the cursor is after text, as a value.
struct TextPosition: Sendable {
    /// The column, from 0; the terminal's width = after a full line.
    private(set) var column: Int
    /// The number of lines that the cursor went down.
    private(set) var rows = 0
    /// Whether it has left its line, or filled it.
    private(set) var hasMoved = false
    private let width: Int

    init(column: Int, width: Int) { (self.column, self.width) = (column, width) }

    /// Returns the position after text whose only control characters are line feeds, tabs and colours.
    func after(_ text: some StringProtocol) -> TextPosition {
        var (position, isSequence) = (self, false)
        for scalar in text.unicodeScalars {
            if isSequence {
                isSequence = scalar != "m"
            } else if scalar == "\u{1b}" {
                isSequence = true
            } else {
                position.take(scalar)
            }
        }
        return position
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        if scalar == "\n" {
            down()
        } else if scalar == "\t" {
            column = min(column / 8 * 8 + 8, width - 1)
        } else {
            let size = TextWidth.of(scalar)
            if column + size > width { down() }
            column += size
            if column == width { hasMoved = true }
        }
    }

    private mutating func down() { (column, rows, hasMoved) = (0, rows + 1, true) }
}
