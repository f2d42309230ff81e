import Messages

/// The question whether an agent may do something, as a value: told which keys were pressed, it says the answer.
///
/// `y` allows once, `a` in this conversation, `n` asks for the reason and denies; Escape goes back from the reason. Only
/// a key that comes alone, and ``deaf`` after the question has come to the screen, is meant for it.
struct ApprovalPrompt: Sendable, Equatable {
    enum Stage: Sendable, Equatable {
        case choosing
        /// Denied; the reason as it was typed so far.
        case reason([UInt8])
        /// The answer is on its way.
        case sending
    }

    /// A question that came to the screen; the same request may be asked about again.
    struct Opening: Sendable, Equatable {
        var approval: ApprovalID
        var time: Int
    }

    /// For so long after it was drawn a question takes no key: who is typing something else has not read it.
    static let deaf: Duration = .milliseconds(500)
    /// Characters of a reason; the gateway allows as many.
    static let longestReason = 2000

    let approval: ApprovalView
    private(set) var stage = Stage.choosing
    private var keys = TypedKeys()
    private var openings = 0

    init(_ approval: ApprovalView) { self.approval = approval }

    /// Which question it is now.
    var opening: Opening { Opening(approval: approval.id, time: openings) }

    /// Whether ``quiet()`` has to be called when nothing follows.
    var isUndecided: Bool { keys.isOpen }

    /// Takes what was read at once.
    /// - Parameter seen: For how long the question had been on the screen then.
    /// - Returns: the answer, once it is complete.
    mutating func press(_ bytes: [UInt8], seen: Duration) -> ApprovalAsked? {
        let typed = keys.take(bytes)
        if stage == .choosing {
            // More than one byte was pasted, typed ahead, or sent by the terminal.
            guard bytes.count == 1, let key = typed.first, seen >= Self.deaf else { return nil }
            return choose(key)
        }
        for key in typed {
            guard case .reason(let soFar) = stage else { break }
            if let answer = reason(key, soFar) {
                stage = .sending
                return answer
            }
        }
        return nil
    }

    /// Nothing followed what was pressed last. A lone Escape goes back from the reason; the rest of a sequence that took
    /// too long must not become an answer, so the question is as if it were new.
    mutating func quiet() {
        guard keys.isOpen else { return }
        let wasEscape = keys.quiet()
        if wasEscape, case .reason = stage { return again() }
        if stage == .choosing { again() }
    }

    /// It is asked again: the answer did not get through, or was taken back.
    mutating func again() {
        stage = .choosing
        openings += 1
    }

    private mutating func choose(_ key: UInt8) -> ApprovalAsked? {
        switch key {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"):
            stage = .sending
            return ApprovalAsked(decision: .allow)
        case UInt8(ascii: "a"), UInt8(ascii: "A"):
            stage = .sending
            return ApprovalAsked(decision: .allow, scope: .conversation)
        case UInt8(ascii: "n"), UInt8(ascii: "N"): stage = .reason([])
        default: break
        }
        return nil
    }

    private mutating func reason(_ key: UInt8, _ typed: [UInt8]) -> ApprovalAsked? {
        switch key {
        case 0x0a, 0x0d:
            let text = String(decoding: typed, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return ApprovalAsked(
                decision: .deny, message: text.isEmpty ? nil : String(text.prefix(Self.longestReason)))
        case 0x7f, 0x08: stage = .reason(Array(String(decoding: typed, as: UTF8.self).dropLast().utf8))
        case 0x15: stage = .reason([])
        case 0x20...0xff where typed.count < 4 * Self.longestReason: stage = .reason(typed + [key])
        default: break
        }
        return nil
    }

    /// What the line below the text says, in at most `columns`.
    /// - Parameter isDeaf: The keys are named only when they count.
    func text(_ columns: Int, isDeaf: Bool) -> String {
        switch stage {
        case .sending: return TextWidth.fit("…", columns)
        case .choosing:
            let keys = isDeaf ? "?" : "? y once · n no · a in this conversation"
            // Which request it is comes first; where there is no room for that the keys say enough.
            let room = max(12, columns - TextWidth.of("allow ") - TextWidth.of(keys))
            return TextWidth.fit("allow \(TextWidth.fit(ApprovalText.title(approval), room))\(keys)", columns)
        case .reason(let typed):
            // The end of a long one is what is being typed.
            var text = Table.line(String(decoding: typed, as: UTF8.self) + "|")
            text.removeLast()
            let label = "no, because (Enter sends, Esc goes back): "
            while !text.isEmpty, TextWidth.of(label) + TextWidth.of(text) > columns { text.removeFirst() }
            return TextWidth.fit(label + text, columns)
        }
    }
}
