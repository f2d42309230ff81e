/// Growing text with a status line below it, as a value: each method returns the bytes for the terminal.
///
/// The end of the text, its *tail*, may still change. Between calls the cursor is at the end of the text. The status line is
/// on the next line, or on the same line while that is empty. Text that stays within its line is written at once. Text that
/// would move the status line, or changes the tail, waits for the next frame, so the screen is redrawn at most once per
/// ``frame`` and does not flicker.
struct Screen: Sendable {
    /// The shortest time between two redraws: ten a second, which suits a clock and a slow connection.
    static let frame: Duration = .milliseconds(100)
    /// The largest amount of text, in bytes, that waits for a frame.
    static let maxPending = 64 << 10

    private enum Place { case none, same, below }

    private var width: Int
    private var height: Int
    private var column = 0
    private var place = Place.none
    private var drawn = ""
    private var drawnAt: ContinuousClock.Instant?
    /// Text that waits and is final; the tail follows it.
    private var pending = ""
    private var tail = ""
    /// The tail on the screen, and the column where it begins.
    private var shownTail = ""
    private var tailColumn = 0
    /// The sequence of the text's colour at its end; empty = none.
    private var colour = ""

    init(width: Int, height: Int = 24) {
        (self.width, self.height) = (max(width, 10), max(height, 3))
    }

    /// Adds text. Its only control characters are line feeds, tabs and colours; each line ends without colour.
    /// - Parameter tail: The text after it, which may still change; it replaces the tail of the previous call.
    mutating func write(_ text: String, tail: String = "", at now: ContinuousClock.Instant) -> String {
        pending += text
        self.tail = tail
        guard place != .none else { return flush() }
        if place == .below, let added, staysInLine(added) { return flush() }
        if let drawnAt, now - drawnAt < Self.frame, pending.utf8.count < Self.maxPending { return "" }
        return erase() + flush() + draw(drawn, at: now)
    }

    /// Draws a frame: writes pending text and redraws a changed status line. Call it every ``frame``.
    /// - Parameter isUrgent: Draw even if the last frame was just drawn, such as for a key that was pressed.
    mutating func tick(
        _ status: String, width: Int, height: Int? = nil, isUrgent: Bool = false, at now: ContinuousClock.Instant
    ) -> String {
        let resized = max(width, 10) != self.width
        self.width = max(width, 10)
        self.height = max(height ?? self.height, 3)
        if let drawnAt, now - drawnAt < Self.frame, !isUrgent { return "" }
        let isPending = !pending.isEmpty || tail != shownTail
        guard resized || place == .none || status != drawn || isPending else { return "" }
        return erase() + flush() + draw(status, at: now)
    }

    /// Writes pending text and removes the status line; leaves the cursor at the start of a line.
    mutating func end() -> String {
        var out = erase() + flush()
        if column > 0 { out += reset + "\n" }
        (column, colour, shownTail, tail, tailColumn) = (0, "", "", "", 0)
        return out
    }

    /// Removes the status line until the next frame.
    mutating func hide() -> String { erase() }

    /// Whether the status line is drawn with this text.
    func shows(_ status: String) -> Bool { place != .none && drawn == status }

    /// How many rows below the end of the text the status line begins; nil = there is none.
    var rowsToStatus: Int? { place == .none ? nil : place == .below ? 1 : 0 }

    // MARK: Text

    /// The text that is not on the screen yet; nil = the shown tail has changed.
    private var added: Substring? {
        let text = pending + tail
        guard text.utf8.starts(with: shownTail.utf8) else { return nil }
        return text[text.utf8.index(text.startIndex, offsetBy: shownTail.utf8.count)...]
    }

    /// Writes what waits, over the lines of the tail that have changed.
    private mutating func flush() -> String {
        guard pending != "" || tail != shownTail else { return "" }
        var out = ""
        var text = added ?? ""
        if added == nil { (out, text) = rewind() }
        out += text
        column = TextPosition(column: column, width: width).after(text).column
        colour = Self.colour(after: text, from: colour)
        tailColumn = TextPosition(column: tailColumn, width: width).after(pending).column
        (shownTail, pending) = (tail, "")
        return out
    }

    /// Moves to the first line of the tail that has changed, and erases the screen from there.
    /// - Returns: the bytes for that, and the text from there.
    private mutating func rewind() -> (String, Substring) {
        let text = pending + tail
        let common = zip(text.utf8, shownTail.utf8).prefix { $0 == $1 }.count
        let same = text.utf8.prefix(common)
        let start = same.lastIndex(of: 0x0a).map { text.utf8.index(after: $0) } ?? text.startIndex
        let offset = text.utf8.distance(from: text.startIndex, to: start)
        let changed = shownTail[shownTail.utf8.index(shownTail.startIndex, offsetBy: offset)...]
        let first = offset == 0 ? min(tailColumn, width - 1) : 0
        let rows = TextPosition(column: first, width: width).after(changed).rows
        let isReachable = rows < height - 1
        defer { (column, colour) = (isReachable ? first : 0, "") }
        // Lines that have left the screen cannot change any more: they are written again.
        guard isReachable else { return (reset + "\r\n\u{1b}[J", text[start...]) }
        let up = rows > 0 ? "\u{1b}[\(rows)A" : ""
        return (reset + up + "\r" + (first > 0 ? "\u{1b}[\(first)C" : "") + "\u{1b}[J", text[start...])
    }

    private func staysInLine(_ text: Substring) -> Bool {
        !TextPosition(column: column, width: width).after(text).hasMoved
    }

    private static func colour(after text: Substring, from colour: String) -> String {
        guard let start = text.unicodeScalars.lastIndex(of: "\u{1b}") else { return colour }
        let sequence = String(text.unicodeScalars[start...].prefix { $0 != "m" })
        return sequence == "\u{1b}[0" || sequence == "\u{1b}[" ? "" : sequence + "m"
    }

    // MARK: The status line

    /// Ends the text's colour.
    private var reset: String { colour.isEmpty ? "" : "\u{1b}[0m" }

    private mutating func erase() -> String {
        defer { place = .none }
        // Erases from the cursor, at the end of the text, to the end of the screen.
        return place == .none ? "" : reset + "\u{1b}[J" + colour
    }

    private mutating func draw(_ status: String, at now: ContinuousClock.Instant) -> String {
        (drawn, drawnAt) = (status, now)
        // After a full line, the cursor is past the last column, where no cursor movement can return to.
        guard !status.isEmpty, column < width else { return "" }
        if column == 0 {
            place = .same
            return reset + status + "\r" + colour
        }
        place = .below
        // Down one line, which scrolls at the bottom, then back to the end of the text.
        let back = "\u{1b}[1A\r" + (column > 0 ? "\u{1b}[\(column)C" : "")
        return reset + "\r\n" + status + back + colour
    }
}
