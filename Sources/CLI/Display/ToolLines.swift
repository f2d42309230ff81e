/// The result of one tool call, split into lines as its pieces arrive.
struct ToolLines: Sendable {
    /// The tool's name, while its line waits for the tool's input.
    var announced: String?
    private var rest = ""
    private var shown = 0
    /// The number of lines left out.
    private(set) var hidden = 0

    init(announced: String? = nil) { self.announced = announced }

    /// Adds a piece of the result.
    /// - Returns: The complete lines to show, and the last one when the result has `ended`.
    mutating func add(_ text: String, ended: Bool, limit: Int) -> [String] {
        var lines = (rest + text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        rest = lines.popLast() ?? ""
        if ended, !rest.isEmpty {
            lines.append(rest)
            rest = ""
        }
        let room = max(0, limit - shown)
        // A single line left out is shown: the note about it would be as long.
        let visible = ended && lines.count == room + 1 && hidden == 0 ? lines : Array(lines.prefix(room))
        shown += visible.count
        hidden += lines.count - visible.count
        return visible
    }
}
