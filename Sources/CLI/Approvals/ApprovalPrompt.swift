import Messages

/// The question whether an agent may do something, as a value: told which keys were pressed, it says the answer.
///
/// `y` allows once, `a` in this conversation, `n` asks for the reason and denies; Escape goes back from the reason.
struct ApprovalPrompt: Sendable, Equatable {
    enum Stage: Sendable, Equatable {
        case choosing
        /// Denied; the reason as it was typed so far.
        case reason([UInt8])
        /// The answer is on its way.
        case sending
    }

    /// Characters of a reason; the gateway allows as many.
    static let longestReason = 2000

    let approval: ApprovalView
    private(set) var stage = Stage.choosing

    init(_ approval: ApprovalView) { self.approval = approval }

    /// Takes what was typed.
    /// - Returns: the answer, once it is complete.
    mutating func press(_ keys: [UInt8]) -> ApprovalAsked? {
        // An arrow or a function key; a lone Escape is one byte.
        if keys.first == 0x1b, keys.count > 1 { return nil }
        for key in keys {
            if let answer = press(key) {
                stage = .sending
                return answer
            }
        }
        return nil
    }

    /// The answer did not get through: it is asked again.
    mutating func again() { stage = .choosing }

    private mutating func press(_ key: UInt8) -> ApprovalAsked? {
        switch stage {
        case .sending: return nil
        case .choosing:
            switch key {
            case UInt8(ascii: "y"), UInt8(ascii: "Y"): return ApprovalAsked(decision: .allow)
            case UInt8(ascii: "a"), UInt8(ascii: "A"): return ApprovalAsked(decision: .allow, scope: .conversation)
            case UInt8(ascii: "n"), UInt8(ascii: "N"): stage = .reason([])
            default: break
            }
            return nil
        case .reason(let typed): return reason(key, typed)
        }
    }

    private mutating func reason(_ key: UInt8, _ typed: [UInt8]) -> ApprovalAsked? {
        switch key {
        case 0x0a, 0x0d:
            let text = String(decoding: typed, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return ApprovalAsked(
                decision: .deny, message: text.isEmpty ? nil : String(text.prefix(Self.longestReason)))
        case 0x1b: stage = .choosing
        case 0x7f, 0x08: stage = .reason(Array(String(decoding: typed, as: UTF8.self).dropLast().utf8))
        case 0x15: stage = .reason([])
        case 0x20...0xff where typed.count < 4 * Self.longestReason: stage = .reason(typed + [key])
        default: break
        }
        return nil
    }

    /// What the line below the text says, in at most `columns`.
    func text(_ columns: Int) -> String {
        switch stage {
        case .sending: return TextWidth.fit("…", columns)
        case .choosing:
            let what = approval.rule.map { "allow \($0)" } ?? "allow \(approval.tool)"
            return TextWidth.fit("allow? y once · n no · a \(Table.line(what)) in this conversation", columns)
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
