import Messages

/// The token of the device that `wegent up` runs itself. A token ends after 7 days and this device has nobody who
/// would bring it a new one, so it is made anew in its last day.
actor DeviceCredential {
    /// How old a token may get before a new connection uses another one, in seconds.
    private static let age: Double = 6 * 86_400

    private let issue: @Sendable () async throws -> String
    private let now: @Sendable () -> Timestamp
    private var made: (token: String, at: Timestamp)?

    /// - Parameter issue: makes a token that is good for 7 days.
    init(now: @escaping @Sendable () -> Timestamp = { .now() }, issue: @escaping @Sendable () async throws -> String) {
        self.issue = issue
        self.now = now
    }

    /// A token that is good for a day at least.
    /// - Throws: what making one throws.
    func current() async throws -> String {
        if let made, now().seconds(since: made.at) < Self.age { return made.token }
        let token = try await issue()
        made = (token, now())
        return token
    }
}
