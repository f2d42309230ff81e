/// Limits that more than one service must agree on; each with its reason.
public enum Limits {
    /// The longest prompt in bytes of UTF-8: room for a long document, small enough to sit in memory in each service.
    public static let prompt = 1 << 20
    /// The largest mesh message: a 1 MiB prompt of which JSON escapes every byte to six, plus room for the other
    /// fields.
    public static let meshMessage = 8 << 20
    /// The largest WebSocket message, for the same reason.
    public static let webSocketMessage = 8 << 20
    /// The longest target of a task in bytes: a device's name of 200 characters, of 4 bytes each.
    public static let target = 800
    /// The longest text in one event after escaping: a viewer paints it in one go.
    public static let eventText = 64 << 10
    /// The most events of an attempt that an executor sends without an acknowledgement; the dispatcher refuses more. Enough
    /// to fill a commit, few enough that a thousand attempts fit into memory.
    public static let windowEvents = 1024
    /// The same in bytes on the wire; a single event may be larger.
    public static let windowBytes = 4 << 20
    /// Characters of an idempotency key.
    public static let idempotencyKey = 1...200
    /// How many queued tasks one user may have.
    public static let queuePerUser = 1000
    /// The most bytes of text in the history for an agent.
    public static let history = 256 << 10
    /// The most bytes of a permission request's input as JSON: what a person can read before deciding.
    public static let approvalInput = 64 << 10
    /// Characters of a permission request's name and of its tool's.
    public static let approvalName = 1...200
    /// Characters of a permission request's title and of its rule: a line or two that people read whole.
    public static let approvalLine = 0...500
    /// The most characters of the message that a person sends with a decision.
    public static let approvalMessage = 2000
    /// The most options of a permission request, and the most questions in one.
    public static let approvalOptions = 16
    /// The most bytes of text in the answers to an agent's questions: some paragraphs.
    public static let approvalAnswers = 16 << 10
    /// The most pending permission requests of one attempt: an agent with more does not wait for decisions.
    public static let openApprovals = 64
    /// Seconds of a choice that is a time: 30 days.
    public static let choiceSeconds = 0.0...2_592_000
    /// How many slots a device may have.
    public static let slots = 1...1000
    /// The generations that an executor may report. Generations grow by one, so none comes near the end of the range;
    /// each is exact in every JSON reader and fits an SQLite column.
    public static let generations: Range<UInt64> = 0..<(1 << 53)

    /// Returns whether a text has that many characters, and at most four bytes for each: what people see as one character
    /// may have any number of bytes.
    public static func fits(_ text: some StringProtocol, _ characters: ClosedRange<Int>) -> Bool {
        text.utf8.count <= characters.upperBound * 4 && characters.contains(text.count)
    }

    /// Returns the first characters of a text, at most so many and at most four bytes for each.
    public static func beginning(of text: String, characters: Int) -> Substring {
        var end = text.utf8.index(text.startIndex, offsetBy: characters * 4, limitedBy: text.endIndex) ?? text.endIndex
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end].prefix(characters)
    }
}
