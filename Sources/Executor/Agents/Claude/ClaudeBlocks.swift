/// The blocks of the messages that the model writes: their ids, and which of them Claude Code has given up.
///
/// A block streams, and an `assistant` line confirms it when it is whole. A message that is cut off is asked for again;
/// its blocks without confirmation are then gone from the conversation.
struct ClaudeBlocks {
    /// What was shown of a message and no longer counts.
    struct Abandoned: Equatable {
        /// Ids of texts and thoughts.
        var texts: [String] = []
        /// Ids of tool calls.
        var calls: [String] = []
        var isEmpty: Bool { texts.isEmpty && calls.isEmpty }
    }

    private struct Block {
        var index: Int
        var type: String
        /// The tool call's id.
        var call: String?
        var hasText = false
        var isWhole = false
    }

    private struct Message {
        var id: String
        var blocks: [Block] = []
        /// Nothing more of it will stream.
        var isStopped = false
    }

    /// The message that streams or has streamed last, by the tool call of the subagent that writes it ("" = the main
    /// agent).
    private var current: [String: Message] = [:]
    /// The number of blocks of messages that did not stream.
    private var counts: [String: Int] = [:]
    /// The texts of each message of the turn, and of each line.
    private var textsOfMessage: [String: [String]] = [:]
    private var textOfLine: [String: String] = [:]

    /// Begins a message; returns what its writer has left of the one before.
    mutating func begin(_ id: String?, of parent: String?) -> Abandoned {
        let rest = abandon(of: parent)
        current[parent ?? ""] = id.map { Message(id: $0) }
        return rest
    }

    /// Begins a block of the message that streams.
    mutating func open(_ type: String, call: String?, at index: Int?, of parent: String?) {
        let key = parent ?? ""
        let next = current[key]?.blocks.last.map { $0.index + 1 } ?? 0
        current[key]?.blocks.append(Block(index: index ?? next, type: type, call: call))
    }

    /// Returns the id of the text block that a piece belongs to; nil where its message is unknown.
    mutating func text(_ type: String, at index: Int?, of parent: String?) -> String? {
        let key = parent ?? ""
        guard let id = current[key]?.id else { return nil }
        if current[key]?.blocks.contains(where: { $0.index == index ?? $0.index }) != true {
            open(type, call: nil, at: index, of: parent)
        }
        guard let place = current[key]?.blocks.lastIndex(where: { index == nil || $0.index == index }),
            let number = current[key]?.blocks[place].index
        else { return nil }
        current[key]?.blocks[place].hasText = true
        return note("\(id):\(number)", of: id)
    }

    /// Confirms a block of a whole message.
    /// - Returns: its text's id, and whether its text has streamed before.
    mutating func confirm(
        _ type: String, call: String?, message: String?, line: String?, of parent: String?
    ) -> (id: String?, hasStreamed: Bool) {
        guard let message else { return (nil, false) }
        let key = parent ?? ""
        if current[key]?.id == message,
            let place = current[key]?.blocks.firstIndex(where: { !$0.isWhole && $0.type == type && $0.call == call })
        {
            current[key]?.blocks[place].isWhole = true
            let block = current[key]?.blocks[place]
            let id = note("\(message):\(block?.index ?? 0)", of: message)
            if let line { textOfLine[line] = id }
            return (id, block?.hasText == true)
        }
        let streamed = current[key].flatMap { $0.id == message ? $0.blocks.count : nil }
        let number = max(counts[message] ?? 0, streamed ?? 0)
        counts[message] = number + 1
        let id = note("\(message):\(number)", of: message)
        if let line { textOfLine[line] = id }
        return (id, false)
    }

    /// Gives up what is not confirmed of the message that its writer has begun last.
    mutating func abandon(of parent: String?) -> Abandoned {
        let key = parent ?? ""
        guard let message = current[key] else { return Abandoned() }
        let lost = message.blocks.filter { !$0.isWhole }
        current[key]?.blocks.removeAll { !$0.isWhole }
        return Abandoned(
            texts: lost.filter(\.hasText).map { "\(message.id):\($0.index)" }, calls: lost.compactMap(\.call))
    }

    /// The message that streams has ended, whole or not.
    mutating func stop(of parent: String?) { current[parent ?? ""]?.isStopped = true }

    /// The same where the message no longer streams.
    mutating func abandonStopped(of parent: String?) -> Abandoned {
        current[parent ?? ""]?.isStopped == true ? abandon(of: parent) : Abandoned()
    }

    /// Whether the writer's last message is another one than `id`.
    func isOther(_ id: String?, of parent: String?) -> Bool {
        guard let known = current[parent ?? ""]?.id else { return false }
        return known != id
    }

    /// Returns the texts that were shown of a message.
    func texts(ofMessage id: String) -> [String] { textsOfMessage[id] ?? [] }

    /// Returns the texts that were shown of lines.
    func texts(ofLines lines: [String]) -> [String] { lines.compactMap { textOfLine[$0] } }

    /// Forgets a turn of the main agent; subagents may still write.
    mutating func endTurn() {
        current[""] = nil
        textsOfMessage = [:]
        textOfLine = [:]
        if counts.count > 1000 { counts = [:] }
    }

    private mutating func note(_ text: String, of message: String) -> String {
        if textsOfMessage[message]?.contains(text) != true { textsOfMessage[message, default: []].append(text) }
        return text
    }
}
