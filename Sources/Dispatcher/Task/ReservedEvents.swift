import Messages

/// Events that only the dispatcher makes: states, permission requests and their ends, and its own log lines. A person decides
/// by them, so in place of an executor's one viewers get a `log` of level `debug`; its numbers go on.
enum ReservedEvents {
    /// The source of the dispatcher's log lines.
    static let source = "dispatcher"
    /// How much of a refused payload is shown, in characters.
    private static let shown = 500

    /// Returns whether an executor may not send this event.
    static func isReserved(_ event: Event) -> Bool {
        switch event.kind {
        case .state, .permissionRequest, .permissionResolved: true
        case .log: claimsSource(event.payload)
        default: false
        }
    }

    /// Turns a reserved event of an executor into a log line that shows what it was.
    static func disarm(_ event: inout Event) {
        guard isReserved(event) else { return }
        let text = String(String(decoding: event.payload, as: UTF8.self).unicodeScalars.prefix(shown))
        let message =
            "the executor sent a '\(event.kind)' event, which only the dispatcher makes; it is not taken as such: \(text)"
        event.kind = .log
        event.payload = LogPayload(level: "debug", message: message, source: "executor").bytes
    }

    /// Of two fields with one name, readers take the first or the last: neither may be the dispatcher's.
    private static func claimsSource(_ payload: [UInt8]) -> Bool {
        JSONScan.texts(["source"], in: payload)[0] == source
            || (try? JSONValue(reading: payload))?["source"]?.string == source
    }
}
