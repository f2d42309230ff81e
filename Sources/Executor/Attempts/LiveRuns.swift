import Messages

/// The agents' runs and their paused outputs, by attempt. Part of the executor's actor.
struct LiveRuns {
    private var runs: [AttemptID: any AgentRun] = [:]
    private var paused: [AttemptID: [CheckedContinuation<Void, Never>]] = [:]

    subscript(id: AttemptID) -> (any AgentRun)? { runs[id] }
    func isPaused(_ id: AttemptID) -> Bool { paused[id] != nil }

    mutating func add(_ run: any AgentRun, of id: AttemptID) { runs[id] = run }
    mutating func remove(_ id: AttemptID) { runs[id] = nil }

    /// Keeps an output suspended until ``resume(_:)``.
    mutating func pause(_ id: AttemptID, _ continuation: CheckedContinuation<Void, Never>) {
        paused[id, default: []].append(continuation)
    }

    /// Resumes the outputs of an attempt.
    mutating func resume(_ id: AttemptID) {
        for continuation in paused.removeValue(forKey: id) ?? [] { continuation.resume() }
    }
}
