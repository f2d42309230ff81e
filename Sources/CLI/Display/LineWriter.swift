/// Text that is printed piece by piece, as a value: knows whether a line is unfinished, and removes terminal control where
/// the text is for a terminal.
struct LineWriter: Sendable {
    private let isTerminal: Bool
    /// Filters running text, in which an escape sequence may be split over two pieces.
    private var filter = ControlFilter()
    private var isAtLineStart = true

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    /// Returns a piece of running text.
    mutating func piece(_ text: String, format: (String) -> String = { $0 }) -> String {
        let text = isTerminal ? filter.clean(text) : text
        if let last = text.last { isAtLineStart = last == "\n" }
        return format(text)
    }

    /// Returns a whole line, after the end of an unfinished one.
    mutating func line(_ text: String) -> String { endLine() + text + "\n" }

    /// Ends an unfinished line, if there is one.
    mutating func endLine() -> String {
        defer { isAtLineStart = true }
        return isAtLineStart ? "" : "\n"
    }

    /// Removes terminal control from a complete text.
    func clean(_ text: String) -> String {
        guard isTerminal else { return text }
        var filter = ControlFilter()
        return filter.clean(text)
    }

    /// Returns a complete text on one line without terminal control, cut to `columns`.
    func oneLine(_ text: String, _ columns: Int) -> String {
        TextWidth.fit(clean(text).split(whereSeparator: \.isNewline).joined(separator: " "), columns)
    }
}
