/// Text that grows, with a status line below it, as a value: each method returns the bytes for the terminal.
///
/// Between calls the cursor stands at the end of the text. The status line is in the line below, or in the same one
/// while that is empty. Text that stays in its line is written at once; text that would push the status line down waits
/// for the next frame, so that the line is redrawn at most every ``frame`` and never flickers away.
struct Screen: Sendable {
    /// Ten redraws a second: lively enough for a clock, calm enough for the eye and for a slow connection.
    static let frame: Duration = .milliseconds(100)
    /// More text than this does not wait for a frame.
    static let held = 64 << 10

    private enum Place { case none, same, below }

    private var width: Int
    private var column = 0
    private var place = Place.none
    private var drawn = ""
    private var drawnAt: ContinuousClock.Instant?
    private var pending = ""

    init(width: Int) { self.width = max(width, 10) }

    /// Adds text, which has no control characters but line feeds, tabs and colours.
    mutating func write(_ text: String, at now: ContinuousClock.Instant) -> String {
        pending += text
        guard place != .none else { return flush() }
        if place == .below, staysInLine(pending) { return flush() }
        if let drawnAt, now - drawnAt < Self.frame, pending.utf8.count < Self.held { return "" }
        return erase() + flush() + draw(drawn, at: now)
    }

    /// A frame: what waits is written, the status line redrawn when it has changed. To be called every ``frame``.
    mutating func tick(_ status: String, width: Int, at now: ContinuousClock.Instant) -> String {
        let resized = max(width, 10) != self.width
        self.width = max(width, 10)
        if let drawnAt, now - drawnAt < Self.frame { return "" }
        guard resized || place == .none || status != drawn || !pending.isEmpty else { return "" }
        return erase() + flush() + draw(status, at: now)
    }

    /// Writes what waits and takes the status line away; the cursor is at the start of a line.
    mutating func end() -> String {
        var out = erase() + flush()
        if column > 0 { out += "\n" }
        column = 0
        return out
    }

    /// Takes the status line away until the next frame.
    mutating func hide() -> String { erase() }

    /// Whether the status line is there and says this.
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
        // From the cursor, which is at the end of the text, to the end of the screen.
        return place == .none ? "" : "\u{1b}[J"
    }

    private mutating func draw(_ status: String, at now: ContinuousClock.Instant) -> String {
        (drawn, drawnAt) = (status, now)
        // A full line: the terminal waits behind its last column, where no cursor movement leads back to.
        guard !status.isEmpty, column < width else { return "" }
        if column == 0 {
            place = .same
            return status + "\r"
        }
        place = .below
        // Down one line, scrolling where there is none, and back to where the text ends.
        return "\r\n" + status + "\u{1b}[1A\r" + (column > 0 ? "\u{1b}[\(column)C" : "")
    }

    /// Where the cursor is after `text`, and whether it left its line on the way.
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
