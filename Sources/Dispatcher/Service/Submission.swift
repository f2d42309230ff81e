import Messages

/// The checks of a ``TaskSubmit`` that need only the message. The gateway makes them too, with better texts; here they
/// protect against any peer.
enum Submission {
    /// Returns the beginning of a prompt, for lists. Its bytes are bounded too, since one character may have any number.
    static func excerpt(_ prompt: String) -> String {
        String(Limits.beginning(of: prompt, characters: DispatcherLimits.excerpt))
    }

    /// Checks a person's message to a running turn.
    /// - Throws: ``Fault`` `prompt_empty` or `prompt_too_large`.
    static func checkText(_ text: String) throws {
        guard text.utf8.count <= Limits.prompt else {
            throw Fault(
                .promptTooLarge, "the message has \(text.utf8.count) bytes; at most \(Limits.prompt) are allowed")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw Fault(.promptEmpty, "the message has no text")
        }
    }

    /// - Throws: ``Fault`` `prompt_empty`, `prompt_too_large` or `invalid_request`.
    static func validate(_ submit: TaskSubmit) throws {
        guard submit.prompt.utf8.count <= Limits.prompt else {
            throw Fault(
                .promptTooLarge,
                "the prompt has \(submit.prompt.utf8.count) bytes; at most \(Limits.prompt) are allowed")
        }
        guard submit.prompt.contains(where: { !$0.isWhitespace }) else {
            throw Fault(.promptEmpty, "the prompt has no text")
        }
        try submit.terminal?.check()
        if let key = submit.idempotencyKey, !Limits.fits(key, Limits.idempotencyKey) {
            throw Fault(.invalidRequest, "an idempotency key has 1 to 200 characters, and at most 800 bytes")
        }
        if submit.agent.isEmpty || submit.agent.utf8.count > 100 {
            throw Fault(.invalidRequest, "the name of an agent has 1 to 100 bytes")
        }
        try submit.choices?.check()
        if case .device(let id) = submit.target, id.isEmpty || id.utf8.count > Limits.target {
            throw Fault(.invalidRequest, "a target has 1 to \(Limits.target) bytes")
        }
    }
}
