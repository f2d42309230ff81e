/// Text that is printed piece by piece, as a value: knows whether a line is unfinished. Where the text is for a terminal, it
/// is what a terminal would show (``TerminalLines``); else it is passed through.
struct LineWriter: Sendable {
    private let isTerminal: Bool
    private let colours: Bool
    private var lines: TerminalLines
    /// For text that is passed through.
    private var endsLine = true
    private var isExact = false

    init(isTerminal: Bool, colours: Bool = false) {
        (self.isTerminal, self.colours) = (isTerminal, colours)
        lines = TerminalLines(colours: colours)
    }

    /// Text that may still change, and is printed below what was returned; empty where text is passed through.
    var tail: String { isTerminal ? lines.tail : "" }

    /// Adds a piece of running text.
    /// - Returns: What can no longer change of all the text.
    mutating func piece(_ text: String, base: CellStyle = .plain) -> String {
        if isTerminal { return lines.write(text, base: base) }
        if let last = text.utf8.last { endsLine = last == 0x0a }
        return text
    }

    /// Adds bytes to text that is passed through; no line end is added to them at the end.
    mutating func piece(_ bytes: [UInt8]) -> [UInt8] {
        if let last = bytes.last { (endsLine, isExact) = (last == 0x0a, true) }
        return bytes
    }

    /// Returns a whole line, after the end of an unfinished one.
    mutating func line(_ text: String) -> String { endLine() + text + "\n" }

    /// Dims what can still change of the running text: the agent has abandoned it.
    mutating func abandon() { if colours { lines.restyle(.dim) } }

    /// Ends the running text, with a line end unless it has one.
    mutating func endLine() -> String {
        defer { endsLine = true }
        return isTerminal ? lines.finish() : endsLine ? "" : "\n"
    }

    /// Ends all text. A file of bytes that are not text gets no line end.
    mutating func end() -> String { isExact ? "" : endLine() }

    /// Removes terminal control from a complete text.
    func clean(_ text: String) -> String { isTerminal ? ControlFilter.clean(text) : text }

    /// Returns a complete text on one line without terminal control, cut to `columns`.
    func oneLine(_ text: String, _ columns: Int) -> String {
        TextWidth.fit(clean(text).split(whereSeparator: \.isNewline).joined(separator: " "), columns)
    }
}
