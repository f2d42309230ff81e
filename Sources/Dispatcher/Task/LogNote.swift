import Messages

/// The payload of a `log` event that the dispatcher writes itself.
struct LogNote: Sendable, Equatable {
    let payload: [UInt8]

    /// A sentence that a person should see.
    init(warning message: String) {
        payload = Array(
            "{\"level\":\"warning\",\"message\":\(StateNote.quote(message)),\"source\":\"dispatcher\"}".utf8)
    }
}
