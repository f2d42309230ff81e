import Messages

/// A person's message that a running turn has taken, so that a repeated request gets the same answer.
struct TakenMessage: Sendable, Equatable, Codable {
    let id: MessageID
    /// Of its text: another text under the same id is an error of its sender. nil = unknown: the dispatcher was restarted
    /// before the turn took it, and events have the text in pieces.
    let digest: UInt64?

    init(_ id: MessageID, text: String?) {
        self.id = id
        digest = text.map(Self.digest)
    }

    /// Whether it may have this text.
    func mayBe(_ text: String) -> Bool { digest == nil || digest == Self.digest(text) }

    /// FNV-1a; the same in every process.
    private static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
