import Messages

/// Collects the newest turns of a conversation that fit into a history. Turns are whole; only the newest is cut, when it
/// alone is too large.
struct HistoryRoom: Sendable {
    /// The turns that fit, newest first.
    private(set) var items: [HistoryItem] = []
    /// The free bytes of text.
    private(set) var left: Int
    private let most: Int

    /// - Parameters:
    ///   - bytes: The most text, in UTF-8.
    ///   - items: The most turns.
    init(bytes: Int = Limits.history, items: Int = DispatcherLimits.historyItems) {
        left = bytes
        most = items
    }

    /// Adds the next older turn.
    /// - Parameter isCut: Whether the beginning of the answer is missing already.
    /// - Returns: false when neither this turn nor any older one fits.
    mutating func add(_ item: HistoryItem, isCut: Bool = false) -> Bool {
        guard items.count < most else { return false }
        var item = item
        if isCut || item.prompt.utf8.count + item.answer.utf8.count > left {
            guard items.isEmpty else { return false }
            // Each gets half, or what the other does not need.
            let answer = min(item.answer.utf8.count, max(left / 2, left - item.prompt.utf8.count))
            item.prompt = Self.end(of: item.prompt, bytes: left - answer)
            item.answer = Self.end(of: item.answer, bytes: answer)
            item.cut = true
        }
        left -= item.prompt.utf8.count + item.answer.utf8.count
        items.append(item)
        return true
    }

    /// Returns the last bytes of a text, beginning with a whole character.
    static func end(of text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        let tail = text.utf8.suffix(bytes).drop { $0 & 0b1100_0000 == 0b1000_0000 }
        return String(decoding: tail, as: UTF8.self)
    }
}
