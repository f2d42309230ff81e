/// Text as a terminal would show it, as a value: the one place that turns an agent's text into text for the terminal.
///
/// Carriage returns, backspaces and the cursor's movements overwrite the last ``kept`` lines; what they overwrite is gone, so
/// that a progress bar is one line at the end. Older lines are final, and nothing erases them. Titles, links and other
/// commands to the terminal are removed. The text may be cut anywhere; the result is the same.
struct TerminalLines: Sendable {
    /// The largest number of lines that can still change: more than progress bars of parallel downloads take.
    static let kept = 50
    /// The largest number of columns of a line that can still change; a longer line is final up to there.
    static let longestLine = 4096

    /// Whether the text's own colours are kept.
    private let colours: Bool
    private let kept: Int
    private var parser = ControlParser()
    /// At least one.
    private var lines: [TerminalRow] = [TerminalRow()]
    /// The number of lines that are final.
    private var finalLines = 0
    private var row = 0
    private var column = 0
    /// Whether the first line continues one whose beginning is final.
    private var isMidLine = false
    /// The line from the text's start, and the column.
    private var saved = (line: 0, column: 0)
    private var style = CellStyle.plain
    private var base = CellStyle.plain
    private var final = ""

    /// - Parameter kept: the number of lines that can still change, at least 1.
    init(colours: Bool, kept: Int = Self.kept) {
        self.colours = colours
        self.kept = kept
    }

    /// Adds text.
    /// - Parameter base: the style of text without colours of its own.
    /// - Returns: the text that can no longer change: lines with their ends.
    mutating func write(_ text: String, base: CellStyle = .plain) -> String {
        if base != self.base { (self.base, style) = (base, base) }
        for scalar in takeLines(text[...]).unicodeScalars { take(scalar) }
        defer { final = "" }
        return final
    }

    /// The text that may still change, an unfinished sequence included.
    var tail: String {
        guard !parser.isAtText else { return joined() }
        var copy = self
        copy.show(copy.parser.finish())
        return copy.final + copy.joined()
    }

    /// Whether the text ends with a line end, or is empty.
    var isAtLineStart: Bool { parser.isAtText && lines[lines.count - 1].width == 0 && !(isMidLine && lines.count == 1) }

    /// Gives everything that can still change one style.
    mutating func restyle(_ style: CellStyle) { for row in lines.indices { lines[row].restyle(style) } }

    /// Ends the text.
    /// - Returns: ``tail``, with a line end unless it has one.
    mutating func finish() -> String {
        show(parser.finish())
        let text = final + joined(isWhole: true) + (isAtLineStart ? "" : "\n")
        self = TerminalLines(colours: colours, kept: kept)
        return text
    }

    // MARK: Text

    private mutating func take(_ scalar: Unicode.Scalar) {
        // The path of almost every character.
        if parser.isAtText, !scalar.isControl { return put(scalar) }
        var tokens: [ControlParser.Token] = []
        parser.take(scalar) { tokens.append($0) }
        for token in tokens { apply(token) }
    }

    private mutating func apply(_ token: ControlParser.Token) {
        switch token {
        case .character(let scalar): put(scalar)
        case .text(let text): show(text)
        case .control(let scalar): control(scalar)
        case .escape(let scalar): escape(scalar)
        case .sequence("m", let numbers, false): if colours { style.apply(numbers, base: base) }
        case .sequence(let final, let numbers, false): move(final, numbers)
        case .sequence: break
        }
    }

    private mutating func show(_ text: String) { for scalar in text.unicodeScalars { put(scalar) } }

    private mutating func put(_ scalar: Unicode.Scalar) {
        column = lines[row].put(scalar, at: column, style)
        if column >= Self.longestLine { endLongLine() }
    }

    private mutating func control(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\n", "\u{b}", "\u{c}", "\u{85}": feed()
        case "\r": column = 0
        case "\u{8}": column = max(0, column - 1)
        case "\t":
            column = lines[row].putTab(at: column, style)
            if column >= Self.longestLine { endLongLine() }
        default: break
        }
    }

    private mutating func feed() {
        (row, column) = (row + 1, 0)
        guard row == lines.count else { return }
        lines.append(TerminalRow())
        if lines.count > kept { endLines(1) }
    }

    // MARK: Final lines

    /// Makes the first lines final.
    private mutating func endLines(_ count: Int) {
        for line in lines.prefix(count) { final += line.text(isWhole: true) + "\n" }
        lines.removeFirst(count)
        finalLines += count
        row = max(0, row - count)
        if count > 0 { isMidLine = false }
    }

    /// Makes everything final; the text goes on in a new line.
    private mutating func endAll() {
        if isAtLineStart { endLines(lines.count - 1) } else { endLines(lines.count) }
        (lines, row, column) = ([TerminalRow()], 0, 0)
    }

    private mutating func endLongLine() {
        guard row == lines.count - 1 else { return endAll() }
        endLines(row)
        final += lines[0].text(isWhole: true)
        (lines, row, column, isMidLine) = ([TerminalRow()], 0, 0, true)
    }

    private func joined(isWhole: Bool = false) -> String {
        var out = ""
        for line in lines.dropLast() { out += line.text(isWhole: true) + "\n" }
        return out + lines[lines.count - 1].text(isWhole: isWhole)
    }

    /// Takes whole plain lines that are final at once: of a long output, only the end can be overwritten.
    /// - Returns: what is left of the text.
    private mutating func takeLines(_ text: Substring) -> Substring {
        let plain = text.utf8.prefix { $0 == 0x0a || (0x20..<0x7f).contains($0) }
        // As many line ends as lines can change follow them.
        var end = plain.endIndex
        for _ in 0..<kept {
            guard let feed = plain[..<end].lastIndex(of: 0x0a) else { return text }
            end = feed
        }
        guard parser.isAtText, let first = plain[..<end].firstIndex(of: 0x0a) else { return text }
        // The open line may have been overwritten.
        for scalar in text[...first].unicodeScalars { take(scalar) }
        let whole = text[text.utf8.index(after: first)...end]
        let isShort = whole.utf8.split(separator: 0x0a).allSatisfy { $0.count < Self.longestLine }
        guard row == lines.count - 1, lines[row].width == 0, style == .plain, isShort else {
            return text[whole.startIndex...]
        }
        endLines(row)
        final += whole
        finalLines += whole.utf8.count { $0 == 0x0a }
        return text[text.utf8.index(after: end)...]
    }

    // MARK: The cursor

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "7": saved = (finalLines + row, column)
        case "8": restore()
        case "D", "E": feed()
        case "M": row = max(0, row - 1)
        case "c":
            endAll()
            style = base
        default: break
        }
    }

    private mutating func restore() {
        row = min(max(0, saved.line - finalLines), lines.count - 1)
        column = saved.column
    }

    private mutating func move(_ final: Unicode.Scalar, _ numbers: [Int]) {
        let number = min(max(numbers.first ?? 0, 1), Self.longestLine)
        switch final {
        case "A": row = max(0, row - number)
        case "B": row = min(lines.count - 1, row + number)
        case "C": setColumn(column + number)
        case "D": setColumn(column - number)
        case "E": (row, column) = (min(lines.count - 1, row + number), 0)
        case "F": (row, column) = (max(0, row - number), 0)
        case "G", "`": setColumn(number - 1)
        case "d": setRow(number)
        case "H", "f":
            setRow(number)
            setColumn((numbers.count > 1 ? max(numbers[1], 1) : 1) - 1)
        case "J": eraseBelow(numbers.first ?? 0)
        case "K": eraseLine(numbers.first ?? 0)
        case "s": saved = (finalLines + row, column)
        case "u": restore()
        default: break
        }
    }

    private mutating func setColumn(_ number: Int) { column = min(max(0, number), Self.longestLine - 1) }

    // Counted from the first line that can still change: the program starts by erasing the screen, which is where that begins.
    private mutating func setRow(_ number: Int) {
        let wanted = min(number, kept) - 1
        while lines.count <= wanted { lines.append(TerminalRow()) }
        row = wanted
    }

    private mutating func eraseLine(_ part: Int) {
        switch part {
        case 0: lines[row].cut(at: column)
        case 1: lines[row].blank(0..<column + 1)
        case 2: lines[row] = TerminalRow()
        default: break
        }
    }

    private mutating func eraseBelow(_ part: Int) {
        // A screen that is erased was read: it stays above the new one.
        guard part == 0 else { return endAll() }
        lines[row].cut(at: column)
        lines.removeSubrange((row + 1)...)
    }
}
