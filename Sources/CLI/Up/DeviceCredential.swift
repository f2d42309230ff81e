import Messages

/// The token of the device that `wegent up` runs. A token expires after 7 days, so a new one is issued on its last day.
actor DeviceCredential {
    /// The age, in seconds, from which a new connection uses a new token.
    private static let maxAge: Double = 6 * 86_400

    private let issue: @Sendable () async throws -> String
    private let now: @Sendable () -> Timestamp
    private var issued: (token: String, at: Timestamp)?

    /// - Parameter issue: Issues a token that is valid for 7 days.
    init(now: @escaping @Sendable () -> Timestamp = { .now() }, issue: @escaping @Sendable () async throws -> String) {
        self.issue = issue
        self.now = now
    }

    /// Returns a token that is valid for at least a day.
    /// - Throws: What `issue` throws.
    func current() async throws -> String {
        if let issued, now().seconds(since: issued.at) < Self.maxAge { return issued.token }
        let token = try await issue()
        issued = (token, now())
        return token
    }
}
