/// Columns for people. The last one takes what the terminal leaves.
struct Table: Sendable {
    var header: [String]
    var rows: [[String]]

    /// The lines, each with a line feed. Without a width nothing is cut off.
    func text(width: Int?, paint: Paint) -> String {
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
            out += (index == 0 ? paint.bold(line) : line) + "\n"
        }
        return out
    }

    /// One line, without control characters.
    static func line(_ text: String) -> String {
        var filter = ControlFilter()
        return filter.clean(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
