/// A table as text. Its last column gets the remaining width.
struct Table: Sendable {
    var header: [String]
    var rows: [[String]]

    /// Returns the lines, cut to `width` columns; nil = not cut.
    func text(width: Int?, style: TextStyle) -> String {
        let all = [header] + rows.map { $0.map(Self.line) }
        let widths = header.indices.map { column in all.map { TextWidth.of($0[column]) }.max() ?? 0 }
        var out = ""
        for (index, row) in all.enumerated() {
            var line = ""
            for (column, cell) in row.enumerated() {
                let last = column == row.count - 1
                line += last ? cell : TextWidth.pad(cell, widths[column]) + "  "
            }
            while line.last == " " { line.removeLast() }
            if let width { line = TextWidth.fit(line, width) }
            out += (index == 0 ? style.bold(line) : line) + "\n"
        }
        return out
    }

    /// Returns the text as one line without control characters.
    static func line(_ text: String) -> String {
        ControlFilter.clean(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
