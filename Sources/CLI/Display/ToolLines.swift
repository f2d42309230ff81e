/// The lines of one tool call's result, as they come in pieces.
struct ToolLines: Sendable {
    /// The tool's name while its line waits for what it is called with.
    var announced: String?
    private var rest = ""
    private var shown = 0
    /// How many lines were not shown.
    private(set) var hidden = 0

    init(announced: String? = nil) { self.announced = announced }

    /// Takes a piece of the result.
    /// - Returns: the lines to show now; the last one waits for its end unless the result has `ended`.
    mutating func add(_ text: String, ended: Bool, limit: Int) -> [String] {
        var lines = (rest + text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        rest = lines.popLast() ?? ""
        if ended, !rest.isEmpty {
            lines.append(rest)
            rest = ""
        }
        let room = max(0, limit - shown)
        // One line more is as short as the remark about it.
        let visible = ended && lines.count == room + 1 && hidden == 0 ? lines : Array(lines.prefix(room))
        shown += visible.count
        hidden += lines.count - visible.count
        return visible
    }
}
