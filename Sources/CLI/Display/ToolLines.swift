/// The result of one tool call, as the lines that a terminal would show as its pieces arrive.
struct ToolLines: Sendable {
    /// The tool's name, while its line waits for the tool's input.
    var announced: String?
    // A line is shown when the next one begins.
    private var lines = TerminalLines(colours: false, kept: 1)
    private var shown = 0
    /// The number of lines left out.
    private(set) var hidden = 0

    init(announced: String? = nil) { self.announced = announced }

    /// Adds a piece of the result.
    /// - Returns: The complete lines to show, and the last one when the result has `ended`.
    mutating func add(_ text: String, ended: Bool, limit: Int) -> [String] {
        var text = lines.write(text)
        if ended { text += lines.finish() }
        var whole = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // Nothing follows the last line end.
        whole.removeLast()
        let room = max(0, limit - shown)
        // A single line left out is shown: the note about it would be as long.
        let visible = ended && whole.count == room + 1 && hidden == 0 ? whole : Array(whole.prefix(room))
        shown += visible.count
        hidden += whole.count - visible.count
        return visible
    }
}
