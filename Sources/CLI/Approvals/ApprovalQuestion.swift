import Messages

/// The question whether an agent may do something, as a value: takes keys and returns the answer.
///
/// `y` allows once, `a` allows for the conversation, `e` edits the input first, `n` asks for a reason and denies; Escape
/// leaves the reason. A number takes one of the agent's own options, or a choice of a question that the agent asks. Only a
/// key that is read alone, and not within ``deadTime`` after the question appeared, counts as an answer.
struct ApprovalQuestion: Sendable, Equatable {
    enum Phase: Sendable, Equatable {
        case choosing
        /// Denied; the reason typed so far.
        case reason([UInt8])
        /// The answer to the agent's question typed so far.
        case text([UInt8])
        /// The person edits the input.
        case editing
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
    /// The answers to the agent's questions; nil = it asks none.
    private var draft: AnswerDraft?

    init(_ approval: ApprovalView) {
        self.approval = approval
        draft = approval.asked.map { AnswerDraft($0) }
    }

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
            let answer: ApprovalRequestBody?
            switch phase {
            case .reason(let text): answer = editReason(text, key)
            // A line feed within pasted text does not send it.
            case .text(let text): answer = editText(text, bytes.count > 1 && key < 0x20 ? 0x20 : key)
            default: return nil
            }
            guard let answer else { continue }
            phase = .sending
            return answer
        }
        return nil
    }

    /// Sends the edited input.
    mutating func edited(_ input: JSONValue) -> ApprovalRequestBody {
        phase = .sending
        return ApprovalRequestBody(decision: .allow, updatedInput: input)
    }

    /// Ends an unfinished escape sequence. A lone Escape leaves the reason. The late rest of a sequence must not become an
    /// answer, so the question starts again.
    mutating func inputPaused() {
        guard parser.isInsideSequence else { return }
        let wasEscape = parser.endSequence()
        if wasEscape {
            switch phase {
            case .reason, .text: return reopen()
            default: break
            }
        }
        if phase == .choosing { reopen() }
    }

    /// Starts again, as a new presentation.
    mutating func reopen() {
        phase = .choosing
        presentations += 1
        // An answer that was not delivered is given again.
        if draft?.current == nil { draft = approval.asked.map { AnswerDraft($0) } }
    }

    private mutating func choose(_ key: UInt8) -> ApprovalRequestBody? {
        let letter = key | 0x20
        if letter == UInt8(ascii: "n") {
            phase = .reason([])
            return nil
        }
        if draft != nil { return answerQuestion(key) }
        guard let body = allow(key, letter) else { return nil }
        phase = .sending
        return body
    }

    private mutating func allow(_ key: UInt8, _ letter: UInt8) -> ApprovalRequestBody? {
        if let own = approval.ownOptions {
            let index = Int(key) - Int(UInt8(ascii: "1"))
            let isYes = letter == UInt8(ascii: "y")
            let option = isYes ? own.first { $0.kind == .allowOnce } : own.indices.contains(index) ? own[index] : nil
            return option.map { ApprovalRequestBody(option: $0.id) }
        }
        switch letter {
        case UInt8(ascii: "y"): return ApprovalRequestBody(decision: .allow)
        case UInt8(ascii: "a") where approval.offersConversation:
            return ApprovalRequestBody(decision: .allow, scope: .conversation)
        case UInt8(ascii: "e") where approval.isEditable: phase = .editing
        default: break
        }
        return nil
    }

    private mutating func answerQuestion(_ key: UInt8) -> ApprovalRequestBody? {
        guard let asked = draft?.current else { return nil }
        var isAnswered = false
        switch key {
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            isAnswered = draft?.choose(Int(key - UInt8(ascii: "0"))) == true
        case 0x0a, 0x0d: isAnswered = draft?.confirm() == true
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            if asked.freeText || asked.options.count > 9 { phase = .text([]) }
        default: break
        }
        return isAnswered ? nextQuestion() : nil
    }

    /// Shows the next question as a presentation of its own, so that a second press of a key does not answer it.
    /// - Returns: All answers, after the last question.
    private mutating func nextQuestion() -> ApprovalRequestBody? {
        if let draft, draft.current == nil {
            phase = .sending
            return ApprovalRequestBody(decision: .allow, answers: draft.answers)
        }
        reopen()
        return nil
    }

    /// Applies a key to the typed answer.
    private mutating func editText(_ typed: [UInt8], _ key: UInt8) -> ApprovalRequestBody? {
        guard key == 0x0a || key == 0x0d else {
            phase = .text(Self.edit(typed, key))
            return nil
        }
        return draft?.type(String(decoding: typed, as: UTF8.self)) == true ? nextQuestion() : nil
    }

    /// Applies a key to the reason: Enter, Backspace, Ctrl-U or a character.
    private mutating func editReason(_ typed: [UInt8], _ key: UInt8) -> ApprovalRequestBody? {
        switch key {
        case 0x0a, 0x0d:
            let text = String(decoding: typed, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return ApprovalRequestBody(
                decision: .deny, message: text.isEmpty ? nil : String(text.prefix(Self.maxReason)))
        default: phase = .reason(Self.edit(typed, key))
        }
        return nil
    }

    /// Applies Backspace, Ctrl-U or a character to a typed text.
    private static func edit(_ typed: [UInt8], _ key: UInt8) -> [UInt8] {
        switch key {
        case 0x7f, 0x08: Array(String(decoding: typed, as: UTF8.self).dropLast().utf8)
        case 0x15: []
        case 0x20...0xff where typed.count < 4 * maxReason: typed + [key]
        default: typed
        }
    }

    /// The text of the status line, at most `columns` wide.
    /// - Parameter isNew: Whether it takes no answer yet, such as before ``deadTime`` has passed; the keys are named only when they count.
    func text(_ columns: Int, isNew: Bool) -> String {
        switch phase {
        case .sending, .editing: return TextWidth.fit("…", columns)
        case .choosing:
            if let draft { return draft.text(columns, isNew: isNew) }
            let keys = isNew ? "?" : "? \(keys)"
            // The request is cut so that the keys fit; on a very narrow terminal the keys are cut.
            let room = max(12, columns - TextWidth.of("allow ") - TextWidth.of(keys))
            return TextWidth.fit("allow \(TextWidth.fit(ApprovalText.title(approval), room))\(keys)", columns)
        case .reason(let typed): return Self.line("no, because (Enter sends, Esc goes back): ", typed, columns)
        case .text(let typed):
            let name = draft?.current.map { TextWidth.fit(AnswerText.name($0), max(12, columns / 3)) } ?? ""
            return Self.line("\(name) (Enter sends, Esc goes back): ", typed, columns)
        }
    }

    private var keys: String {
        if let own = approval.ownOptions {
            let names = own.prefix(9).enumerated().map { "\($0 + 1) \(TerminalEscaping.line($1.label))" }
            return (names + ["n no"]).joined(separator: " · ")
        }
        var keys = ["y once", "n no"]
        if approval.offersConversation { keys.append("a in this conversation") }
        if approval.isEditable { keys.append("e edit") }
        return keys.joined(separator: " · ")
    }

    /// A typed text behind its label. A long one is cut at its beginning, so that its end, where the person types, stays
    /// visible.
    private static func line(_ label: String, _ typed: [UInt8], _ columns: Int) -> String {
        var text = Table.line(String(decoding: typed, as: UTF8.self) + "|")
        text.removeLast()
        while !text.isEmpty, TextWidth.of(label) + TextWidth.of(text) > columns { text.removeFirst() }
        return TextWidth.fit(label + text, columns)
    }
}
