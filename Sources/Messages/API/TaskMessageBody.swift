/// The body of `POST /tasks/{task}/messages`.
public struct TaskMessageRequestBody: Codable, Sendable, Equatable {
    /// What the person says: 1 byte to 1 MiB of UTF-8, not blank.
    public var text: String
    /// The message's id, a UUID of the client; a repetition with it has no further effect. nil = the gateway makes one.
    public var id: MessageID?

    public init(text: String, id: MessageID? = nil) {
        self.text = text
        self.id = id
    }

    /// Checks the text against its limits.
    /// - Throws: ``Fault`` `prompt_too_large` or `prompt_empty`.
    public func check() throws {
        guard text.utf8.count <= Limits.prompt else {
            throw Fault(
                .promptTooLarge,
                "the message has \(text.utf8.count) bytes of UTF-8; at most \(Limits.prompt) (1 MiB) are allowed")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw Fault(.promptEmpty, "the message has no text; write it in 'text'")
        }
    }
}

/// A message that the running turn has.
public struct TaskMessageBody: Codable, Sendable, Equatable {
    /// The message's id, as in the `messageId` of its `user_message_chunk` event.
    public var id: MessageID

    public init(id: MessageID) { self.id = id }
}
