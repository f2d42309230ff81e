import Messages

/// What fits of a conversation into the history that an agent is handed: whole turns, the newest first. Only the newest
/// one is cut, and only when it alone is too large.
struct HistoryRoom: Sendable {
    /// The turns that fit, newest first.
    private(set) var items: [HistoryItem] = []
    /// The bytes of text that are left.
    private(set) var left: Int
    private let most: Int

    /// - Parameters:
    ///   - bytes: Of text, in UTF-8.
    ///   - items: Turns, however short they are.
    init(bytes: Int = Limits.history, items: Int = DispatcherLimits.historyItems) {
        left = bytes
        most = items
    }

    /// Puts the next older turn in.
    /// - Parameter isCut: The beginning of the answer is missing already, since there was more than fits.
    /// - Returns: false = there is no room for it; nor for any that is older, then.
    mutating func add(_ item: HistoryItem, isCut: Bool = false) -> Bool {
        guard items.count < most else { return false }
        var item = item
        if isCut || item.prompt.utf8.count + item.answer.utf8.count > left {
            guard items.isEmpty else { return false }
            // Each gets half, or what the other one does not need.
            let answer = min(item.answer.utf8.count, max(left / 2, left - item.prompt.utf8.count))
            item.prompt = Self.end(of: item.prompt, bytes: left - answer)
            item.answer = Self.end(of: item.answer, bytes: answer)
            item.cut = true
        }
        left -= item.prompt.utf8.count + item.answer.utf8.count
        items.append(item)
        return true
    }

    /// The last bytes of a text, from the beginning of a character on.
    static func end(of text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        let tail = text.utf8.suffix(bytes).drop { $0 & 0b1100_0000 == 0b1000_0000 }
        return String(decoding: tail, as: UTF8.self)
    }
}
