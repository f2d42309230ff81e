import Messages

/// The question whether an agent may do something, as a value: takes keys and returns the answer.
///
/// `y` allows once, `a` allows for the conversation, `n` asks for a reason and denies; Escape leaves the reason. Only a key
/// that is read alone, and not within ``deadTime`` after the question appeared, counts as an answer.
struct ApprovalQuestion: Sendable, Equatable {
    enum Phase: Sendable, Equatable {
        case choosing
        /// Denied; the reason typed so far.
        case reason([UInt8])
        /// The answer is in flight.
        case sending
    }

    /// One appearance of a question on the screen. The same request may be asked about again.
    struct Presentation: Sendable, Equatable {
        var approval: ApprovalID
        var number: Int
    }

    /// How long a new question ignores keys: they were typed before the person has read it.
    static let deadTime: Duration = .milliseconds(500)
    /// Longest reason in characters, which is the gateway's limit.
    static let maxReason = 2000

    let approval: ApprovalView
    private(set) var phase = Phase.choosing
    private var parser = KeyParser()
    private var presentations = 0

    init(_ approval: ApprovalView) { self.approval = approval }

    var presentation: Presentation { Presentation(approval: approval.id, number: presentations) }

    /// Whether the input ends within an escape sequence, so that ``inputPaused()`` has to be called if nothing follows.
    var isInsideSequence: Bool { parser.isInsideSequence }

    /// Takes the bytes of one read from the keyboard.
    /// - Parameter visible: How long the question had been on the screen.
    /// - Returns: The answer once it is complete.
    mutating func press(_ bytes: [UInt8], visibleFor visible: Duration) -> ApprovalRequestBody? {
        let keys = parser.parse(bytes)
        if phase == .choosing {
            // Several bytes in one read were pasted, typed ahead, or sent by the terminal.
            guard bytes.count == 1, let key = keys.first, visible >= Self.deadTime else { return nil }
            return choose(key)
        }
        for key in keys {
            guard case .reason(let text) = phase else { break }
            if let answer = editReason(text, key) {
                phase = .sending
                return answer
            }
        }
        return nil
    }

    /// Ends an unfinished escape sequence. A lone Escape leaves the reason. The late rest of a sequence must not become an
    /// answer, so the question starts again.
    mutating func inputPaused() {
        guard parser.isInsideSequence else { return }
        let wasEscape = parser.endSequence()
        if wasEscape, case .reason = phase { return reopen() }
        if phase == .choosing { reopen() }
    }

    /// Starts again, as a new presentation.
    mutating func reopen() {
        phase = .choosing
        presentations += 1
    }

    private mutating func choose(_ key: UInt8) -> ApprovalRequestBody? {
        switch key {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"):
            phase = .sending
            return ApprovalRequestBody(decision: .allow)
        case UInt8(ascii: "a"), UInt8(ascii: "A"):
            phase = .sending
            return ApprovalRequestBody(decision: .allow, scope: .conversation)
        case UInt8(ascii: "n"), UInt8(ascii: "N"): phase = .reason([])
        default: break
        }
        return nil
    }

    /// Applies a key to the reason: Enter, Backspace, Ctrl-U or a character.
    private mutating func editReason(_ typed: [UInt8], _ key: UInt8) -> ApprovalRequestBody? {
        switch key {
        case 0x0a, 0x0d:
            let text = String(decoding: typed, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return ApprovalRequestBody(
                decision: .deny, message: text.isEmpty ? nil : String(text.prefix(Self.maxReason)))
        case 0x7f, 0x08: phase = .reason(Array(String(decoding: typed, as: UTF8.self).dropLast().utf8))
        case 0x15: phase = .reason([])
        case 0x20...0xff where typed.count < 4 * Self.maxReason: phase = .reason(typed + [key])
        default: break
        }
        return nil
    }

    /// The text of the status line, at most `columns` wide.
    /// - Parameter isNew: Whether ``deadTime`` has not passed; the keys are named only when they count.
    func text(_ columns: Int, isNew: Bool) -> String {
        switch phase {
        case .sending: return TextWidth.fit("…", columns)
        case .choosing:
            let keys = isNew ? "?" : "? y once · n no · a in this conversation"
            // The request is cut so that the keys fit; on a very narrow terminal the keys are cut.
            let room = max(12, columns - TextWidth.of("allow ") - TextWidth.of(keys))
            return TextWidth.fit("allow \(TextWidth.fit(ApprovalText.title(approval), room))\(keys)", columns)
        case .reason(let typed):
            // A long reason is cut at its beginning, so that its end, where the person types, stays visible.
            var text = Table.line(String(decoding: typed, as: UTF8.self) + "|")
            text.removeLast()
            let label = "no, because (Enter sends, Esc goes back): "
            while !text.isEmpty, TextWidth.of(label) + TextWidth.of(text) > columns { text.removeFirst() }
            return TextWidth.fit(label + text, columns)
        }
    }
}
