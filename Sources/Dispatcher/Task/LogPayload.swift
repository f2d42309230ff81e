import Messages

/// The payload of a `log` event of the dispatcher.
struct LogPayload: Sendable, Equatable {
    let payload: [UInt8]

    /// - Parameter message: A sentence for people.
    init(warning message: String) {
        payload = Array(
            "{\"level\":\"warning\",\"message\":\(StatePayload.quote(message)),\"source\":\"dispatcher\"}".utf8)
    }
}
