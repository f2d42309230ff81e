/// Growing text with a status line below it, as a value: each method returns the bytes for the terminal.
///
/// Between calls the cursor is at the end of the text. The status line is on the next line, or on the same line while that
/// is empty. Text that stays within its line is written at once. Text that would move the status line waits for the next
/// frame, so the status line is redrawn at most once per ``frame`` and does not flicker.
struct Screen: Sendable {
    /// The shortest time between two redraws: ten a second, which suits a clock and a slow connection.
    static let frame: Duration = .milliseconds(100)
    /// The largest amount of text, in bytes, that waits for a frame.
    static let maxPending = 64 << 10

    private enum Place { case none, same, below }

    private var width: Int
    private var column = 0
    private var place = Place.none
    private var drawn = ""
    private var drawnAt: ContinuousClock.Instant?
    private var pending = ""

    init(width: Int) { self.width = max(width, 10) }

    /// Adds text. Its only control characters are line feeds, tabs and colours.
    mutating func write(_ text: String, at now: ContinuousClock.Instant) -> String {
        pending += text
        guard place != .none else { return flush() }
        if place == .below, staysInLine(pending) { return flush() }
        if let drawnAt, now - drawnAt < Self.frame, pending.utf8.count < Self.maxPending { return "" }
        return erase() + flush() + draw(drawn, at: now)
    }

    /// Draws a frame: writes pending text and redraws a changed status line. Call it every ``frame``.
    mutating func tick(_ status: String, width: Int, at now: ContinuousClock.Instant) -> String {
        let resized = max(width, 10) != self.width
        self.width = max(width, 10)
        if let drawnAt, now - drawnAt < Self.frame { return "" }
        guard resized || place == .none || status != drawn || !pending.isEmpty else { return "" }
        return erase() + flush() + draw(status, at: now)
    }

    /// Writes pending text and removes the status line; leaves the cursor at the start of a line.
    mutating func end() -> String {
        var out = erase() + flush()
        if column > 0 { out += "\n" }
        column = 0
        return out
    }

    /// Removes the status line until the next frame.
    mutating func hide() -> String { erase() }

    /// Whether the status line is drawn with this text.
    func shows(_ status: String) -> Bool { place != .none && drawn == status }

    // MARK: Parts

    private mutating func flush() -> String {
        defer { pending = "" }
        column = Self.column(after: pending, from: column, width: width).column
        return pending
    }

    private func staysInLine(_ text: String) -> Bool {
        !Self.column(after: text, from: column, width: width).moved
    }

    private mutating func erase() -> String {
        defer { place = .none }
        // Erases from the cursor, at the end of the text, to the end of the screen.
        return place == .none ? "" : "\u{1b}[J"
    }

    private mutating func draw(_ status: String, at now: ContinuousClock.Instant) -> String {
        (drawn, drawnAt) = (status, now)
        // After a full line, the cursor is past the last column, where no cursor movement can return to.
        guard !status.isEmpty, column < width else { return "" }
        if column == 0 {
            place = .same
            return status + "\r"
        }
        place = .below
        // Down one line, which scrolls at the bottom, then back to the end of the text.
        return "\r\n" + status + "\u{1b}[1A\r" + (column > 0 ? "\u{1b}[\(column)C" : "")
    }

    /// Returns the cursor's column after `text`, and whether it left its line.
    static func column(after text: String, from start: Int, width: Int) -> (column: Int, moved: Bool) {
        var (column, moved, escape) = (start, false, false)
        for scalar in text.unicodeScalars {
            if escape {
                escape = scalar != "m"
            } else if scalar == "\u{1b}" {
                escape = true
            } else if scalar == "\n" {
                (column, moved) = (0, true)
            } else if scalar == "\t" {
                column = min(column / 8 * 8 + 8, width - 1)
            } else {
                let size = TextWidth.of(scalar)
                if column + size > width { (column, moved) = (0, true) }
                column += size
                if column == width { moved = true }
            }
        }
        return (column, moved)
    }
}
