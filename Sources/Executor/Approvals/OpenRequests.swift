import Messages

/// The open permission requests, as a value: what happens goes in, what to send comes out.
///
/// A request is sent again until a dispatcher has recorded it, and at the beginning of each session. While an attempt runs,
/// each session begins with its requests that were closed without an answer: the dispatcher does not ask for them.
struct OpenRequests: Sendable {
    /// Gives the agent its answer.
    typealias Reply = @Sendable (PermissionDecision) async -> Void

    struct Key: Hashable, Sendable {
        var attempt: AttemptID
        var request: String
    }

    struct Open: Sendable {
        var request: ApprovalRequest
        /// What an approval with the scope `conversation` stores.
        var rules: [PermissionRule]
        var reply: Reply
        /// Whether a dispatcher of the present session has it on disk.
        var isRecorded = false
        /// When it was last sent.
        var sent: ContinuousClock.Instant
    }

    /// In the order in which they were asked.
    private var order: [Key] = []
    private var open: [Key: Open] = [:]
    /// Requests that were closed without an answer, by their attempt.
    private var withdrawn: [AttemptID: [String]] = [:]

    var isEmpty: Bool { open.isEmpty }

    subscript(key: Key) -> Open? { open[key] }

    /// How many requests of an attempt are open.
    func count(of attempt: AttemptID) -> Int { order.count { $0.attempt == attempt } }

    /// Opens a request, once.
    /// - Returns: whether it is new.
    mutating func ask(
        _ request: ApprovalRequest, rules: [PermissionRule], now: ContinuousClock.Instant, reply: @escaping Reply
    ) -> Bool {
        let key = Key(
            attempt: AttemptID(task: request.task, attempt: request.attempt), request: request.request)
        guard open[key] == nil else { return false }
        open[key] = Open(request: request, rules: rules, reply: reply, sent: now)
        order.append(key)
        return true
    }

    /// A dispatcher has the request on disk.
    mutating func recorded(_ key: Key) { open[key]?.isRecorded = true }

    /// Requests to send again now: those that were not recorded within `pace` seconds.
    mutating func due(_ now: ContinuousClock.Instant, pace: Double) -> [ApprovalRequest] {
        order.compactMap { key in
            guard let held = open[key], !held.isRecorded, (now - held.sent).seconds >= pace else { return nil }
            open[key]?.sent = now
            return held.request
        }
    }

    /// Everything to send in a new session: its dispatcher has no requests yet.
    mutating func resume(_ now: ContinuousClock.Instant) -> (open: [ApprovalRequest], closed: [ApprovalClosed]) {
        for key in order {
            open[key]?.isRecorded = false
            open[key]?.sent = now
        }
        let closed = withdrawn.sorted { "\($0.key)" < "\($1.key)" }.flatMap { id, requests in
            requests.map { ApprovalClosed(task: id.task, attempt: id.attempt, request: $0) }
        }
        return (order.compactMap { open[$0]?.request }, closed)
    }

    /// Removes a request that has an answer; nil where it is not open.
    mutating func answer(_ key: Key) -> Open? {
        guard let held = open.removeValue(forKey: key) else { return nil }
        order.removeAll { $0 == key }
        return held
    }

    /// Closes a request that the agent no longer waits for.
    mutating func withdraw(_ key: Key) -> ApprovalClosed? {
        guard answer(key) != nil else { return nil }
        var requests = withdrawn[key.attempt] ?? []
        requests.append(key.request)
        withdrawn[key.attempt] = requests.suffix(Limits.openApprovals)
        return ApprovalClosed(task: key.attempt.task, attempt: key.attempt.attempt, request: key.request)
    }

    /// Closes every open request of an attempt.
    mutating func close(_ attempt: AttemptID) -> [ApprovalClosed] {
        order.filter { $0.attempt == attempt }.compactMap { withdraw($0) }
    }

    /// Forgets the closed requests of an attempt: its verdict implies them.
    mutating func forget(_ attempt: AttemptID) { withdrawn[attempt] = nil }
}
