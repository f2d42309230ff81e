import Messages

/// The permission requests that wait for an answer, as a value: what happens goes in, what is to be said comes out.
///
/// A request is said again until a leader has recorded it, and first thing in each new session. That one was closed
/// without an answer is said once a session for as long as its attempt runs: nobody else would ask.
struct Approvals: Sendable {
    /// How an agent is told.
    typealias Reply = @Sendable (PermissionVerdict) async -> Void

    struct Key: Hashable, Sendable {
        var attempt: AttemptID
        var request: String
    }

    struct Open: Sendable {
        var request: ApprovalRequest
        /// What the scope `conversation` would keep.
        var rules: [PermissionRule]
        var reply: Reply
        /// Whether a leader of the present session has it on disk.
        var isRecorded = false
        /// When it was said last.
        var said: ContinuousClock.Instant
    }

    /// In the order in which they were asked.
    private var order: [Key] = []
    private var open: [Key: Open] = [:]
    /// Closed without an answer, by their attempt.
    private var withdrawn: [AttemptID: [String]] = [:]

    /// Whether nobody waits.
    var isEmpty: Bool { open.isEmpty }

    subscript(key: Key) -> Open? { open[key] }

    /// How many of an attempt wait.
    func count(of attempt: AttemptID) -> Int { order.count { $0.attempt == attempt } }

    /// Takes a request, once.
    /// - Returns: whether it is new.
    mutating func ask(
        _ request: ApprovalRequest, rules: [PermissionRule], now: ContinuousClock.Instant, reply: @escaping Reply
    ) -> Bool {
        let key = Key(
            attempt: AttemptID(task: request.task, attempt: request.attempt), request: request.request)
        guard open[key] == nil else { return false }
        open[key] = Open(request: request, rules: rules, reply: reply, said: now)
        order.append(key)
        return true
    }

    /// A leader has it on disk.
    mutating func recorded(_ key: Key) { open[key]?.isRecorded = true }

    /// What is to be said again now: what nobody has recorded for `pace` seconds.
    mutating func due(_ now: ContinuousClock.Instant, pace: Double) -> [ApprovalRequest] {
        order.compactMap { key in
            guard let held = open[key], !held.isRecorded, (now - held.said).seconds >= pace else { return nil }
            open[key]?.said = now
            return held.request
        }
    }

    /// What is to be said in a new session, whose leader knows nothing.
    mutating func resume(_ now: ContinuousClock.Instant) -> (open: [ApprovalRequest], closed: [ApprovalClosed]) {
        for key in order {
            open[key]?.isRecorded = false
            open[key]?.said = now
        }
        let closed = withdrawn.sorted { "\($0.key)" < "\($1.key)" }.flatMap { id, requests in
            requests.map { ApprovalClosed(task: id.task, attempt: id.attempt, request: $0) }
        }
        return (order.compactMap { open[$0]?.request }, closed)
    }

    /// Somebody has answered: it is out, and only the first answer finds it.
    mutating func answer(_ key: Key) -> Open? {
        guard let held = open.removeValue(forKey: key) else { return nil }
        order.removeAll { $0 == key }
        return held
    }

    /// The agent does not wait for it any more.
    mutating func withdraw(_ key: Key) -> ApprovalClosed? {
        guard answer(key) != nil else { return nil }
        var requests = withdrawn[key.attempt] ?? []
        requests.append(key.request)
        withdrawn[key.attempt] = requests.suffix(Limits.openApprovals)
        return ApprovalClosed(task: key.attempt.task, attempt: key.attempt.attempt, request: key.request)
    }

    /// An attempt's agent waits for nothing any more.
    mutating func close(_ attempt: AttemptID) -> [ApprovalClosed] {
        order.filter { $0.attempt == attempt }.compactMap { withdraw($0) }
    }

    /// An attempt is over: its end says enough.
    mutating func forget(_ attempt: AttemptID) { withdrawn[attempt] = nil }
}
