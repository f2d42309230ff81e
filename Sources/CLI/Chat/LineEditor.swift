import Messages

/// A message that is being typed, as a value: takes keys and returns the message. It may have several lines.
struct LineEditor: Sendable {
    enum Outcome: Sendable, Equatable {
        case message(String)
        /// Ctrl-D without text.
        case endOfInput
    }

    /// More than a prompt may have, so that the gateway names the limit; what is typed beyond is dropped.
    static let maxBytes = 2 * Limits.prompt

    private(set) var characters: [Character] = []
    /// Before which character the cursor is.
    private(set) var cursor = 0
    /// Earlier messages, oldest first.
    private var history: [String]
    /// The place in the history; its end is the message that is being typed.
    private var place: Int
    private var draft = ""
    private var deleted: [Character] = []

    init(history: [String] = []) {
        self.history = history
        place = history.count
    }

    var text: String { String(characters) }

    /// Takes a key.
    /// - Returns: nil when the message goes on.
    mutating func press(_ key: Key) -> Outcome? {
        switch key {
        case .text(let text), .paste(let text): insert(text)
        case .newline: insert("\n")
        case .enter: return .message(take())
        case .endOfInput:
            if characters.isEmpty { return .endOfInput }
            delete(cursor..<min(cursor + 1, characters.count))
        case .backspace: delete(max(0, cursor - 1)..<cursor)
        case .delete: delete(cursor..<min(cursor + 1, characters.count))
        case .deleteWord: cut(wordStart..<cursor)
        case .deleteWordForward: cut(cursor..<wordEnd)
        case .deleteToStart: cut(lineStart..<cursor)
        case .deleteToEnd: cut(cursor..<(lineEnd == cursor ? min(cursor + 1, characters.count) : lineEnd))
        case .yank: insert(String(deleted))
        default: move(key)
        }
        return nil
    }

    /// Removes the text.
    mutating func clear() {
        characters = []
        cursor = 0
        place = history.count
    }

    // MARK: Text

    private mutating func insert(_ text: String) {
        guard self.text.utf8.count + text.utf8.count <= Self.maxBytes else { return }
        // A mark joins the character before it, also when it arrives later.
        let start = max(0, cursor - 1)
        let new = Array(String(characters[start..<cursor]) + text)
        characters.replaceSubrange(start..<cursor, with: new)
        cursor = start + new.count
    }

    private mutating func delete(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func cut(_ range: Range<Int>) {
        if !range.isEmpty { deleted = Array(characters[range]) }
        delete(range)
    }

    /// Ends the message and adds it to the history.
    private mutating func take() -> String {
        let text = text
        if text.contains(where: { !$0.isWhitespace }), text != history.last { history.append(text) }
        clear()
        return text
    }

    // MARK: Movement

    private mutating func move(_ key: Key) {
        switch key {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = lineStart
        case .end: cursor = lineEnd
        case .up: if lineStart > 0 { moveLine(to: lineStart - 1) } else { recall(place - 1) }
        case .down: if lineEnd < characters.count { moveLine(to: lineEnd + 1) } else { recall(place + 1) }
        default: break
        }
    }

    /// Moves to the line with this character, to the same column where it is long enough.
    private mutating func moveLine(to index: Int) {
        let column = cursor - lineStart
        cursor = index
        cursor = min(lineStart + column, lineEnd)
    }

    private mutating func recall(_ index: Int) {
        guard (0...history.count).contains(index), index != place else { return }
        if place == history.count { draft = text }
        place = index
        characters = Array(index == history.count ? draft : history[index])
        cursor = characters.count
    }

    private var lineStart: Int { characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }
    private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    private var wordStart: Int {
        let end = characters[..<cursor].lastIndex { !$0.isWhitespace } ?? 0
        return characters[..<end].lastIndex { $0.isWhitespace }.map { $0 + 1 } ?? 0
    }

    private var wordEnd: Int {
        guard let start = characters[cursor...].firstIndex(where: { !$0.isWhitespace }) else { return characters.count }
        return characters[start...].firstIndex { $0.isWhitespace } ?? characters.count
    }
}
