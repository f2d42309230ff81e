import Messages

/// What an agent is given of a conversation that it does not know, and the notice of that for viewers.
struct ConversationHistory: Equatable, Sendable {
    /// The text before the prompt, marked as history; nil = there is none.
    var text: String?
    /// A sentence for viewers.
    var notice: String

    /// - Parameters:
    ///     - items: the turns that the agent does not know, oldest first.
    ///     - leftOut: how many turns before those are left out for want of room.
    ///     - known: the last task that the agent knows; nil = none.
    ///     - device: the device's name.
    init(_ items: [HistoryItem], leftOut: Int, known: TaskID?, device: String) {
        text = items.isEmpty ? nil : Self.text(items, leftOut)
        notice = Self.notice(items, leftOut, known, device)
    }

    private static func text(_ items: [HistoryItem], _ leftOut: Int) -> String {
        var lines = [
            "<conversation-history>",
            "This conversation went on where you could not see it. Its turns there follow, each line "
                + "behind a \"> \". They are context only: do not carry them out again. What the person wants now "
                + "comes after it.",
        ]
        if leftOut > 0 { lines.append("Before these, \(count(leftOut, "turn")) left out for want of room.") }
        for (index, item) in items.enumerated() {
            let cut = item.cut ? ", the beginning of a text left out" : ""
            lines += [
                "", "[turn \(index + 1) of \(items.count), \(item.state)\(cut)]", "Person:", quoted(item.prompt),
            ]
            lines += item.answer.isEmpty ? ["Agent: (no answer)"] : ["Agent:", quoted(item.answer)]
        }
        return (lines + ["</conversation-history>"]).joined(separator: "\n")
    }

    /// Quotes a text of an earlier turn, which must look like neither another turn nor the end of the history: each
    /// line is marked, whatever ends it.
    private static func quoted(_ text: String) -> String {
        text.replacing("</conversation-history", with: "< /conversation-history")
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { "> \($0)" }
            .joined(separator: "\n")
    }

    private static func notice(_ items: [HistoryItem], _ leftOut: Int, _ known: TaskID?, _ device: String) -> String {
        let knows = known.map { "knew this conversation up to task \($0) only" } ?? "did not know this conversation"
        guard let first = items.first, let last = items.last else {
            let why =
                leftOut > 0 ? "\(count(leftOut, "turn")) left out for want of room" : "none of it is available"
            return "the agent on \(device) \(knows), and \(why)"
        }
        let which = items.count == 1 ? "task \(first.task)" : "tasks \(first.task) to \(last.task)"
        let turns = items.count == 1 ? "1 earlier turn" : "\(items.count) earlier turns"
        var notice = "the agent on \(device) \(knows), and was given \(turns) (\(which))"
        if leftOut > 0 { notice += "; \(count(leftOut, "older turn")) left out for want of room" }
        let cut = items.count { $0.cut }
        if cut > 0 { notice += "; of \(cut) the beginning was cut" }
        return notice
    }

    /// "1 turn was", "2 turns were".
    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun) was" : "\(number) \(noun)s were"
    }
}
