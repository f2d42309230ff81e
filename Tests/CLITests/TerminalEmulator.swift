@testable import CLI

/// A terminal emulator for the bytes that ``Screen`` writes: line feeds, carriage returns, its cursor movements, and the
/// delayed wrap after a full line.
struct TerminalEmulator {
    let width: Int
    let height: Int
    private(set) var lines: [[Character]] = [[]]
    private var row = 0
    private var column = 0

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// All lines, scrolled ones included, without trailing spaces.
    var text: String {
        lines.map { line in
            var line = line.filter { $0 != Self.filler }
            while line.last == " " { line.removeLast() }
            return String(line)
        }.joined(separator: "\n")
    }

    mutating func write(_ text: String) {
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch scalar {
            case "\n":
                column = 0
                down()
            case "\r": column = 0
            case "\u{1b}": execute(&scalars)
            default: put(scalar)
            }
        }
    }

    /// The second column of a wide character.
    private static let filler: Character = "\0"

    private mutating func put(_ scalar: Unicode.Scalar) {
        let size = TextWidth.of(scalar)
        if column + size > width {
            column = 0
            down()
        }
        while lines[row].count < column + size { lines[row].append(" ") }
        lines[row][column] = Character(scalar)
        if size == 2 { lines[row][column + 1] = Self.filler }
        column += size
    }

    private mutating func down() {
        row += 1
        if row == lines.count { lines.append([]) }
    }

    private mutating func execute(_ scalars: inout String.UnicodeScalarView.Iterator) {
        precondition(scalars.next() == "[")
        var number = 0
        while let scalar = scalars.next() {
            if let digit = Int(String(scalar)) {
                number = number * 10 + digit
                continue
            }
            if scalar == ";" {
                number = 0
                continue
            }
            switch scalar {
            // Not above the first line on the screen.
            case "A": row = max(row - max(number, 1), lines.count - height, 0)
            case "C": column = min(column + max(number, 1), width - 1)
            case "J":
                lines[row] = Array(lines[row].prefix(column))
                lines.removeSubrange((row + 1)...)
            case "m": break
            default: preconditionFailure("\(scalar) is not emulated")
            }
            return
        }
    }
}
