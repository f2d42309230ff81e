import Messages

/// When the agents' states are checked again, and what to say about a change.
struct AgentProbing: Sendable {
    /// Which agents to check.
    enum Scope: Equatable, Sendable {
        case all
        /// Those that are not ready: one of them may have been installed.
        case missing
    }

    /// Seconds between two checks of the agents that are not ready.
    static let missing = 60.0

    /// Seconds between two checks of all agents.
    private let interval: Double
    private var all: ContinuousClock.Instant
    private var some: ContinuousClock.Instant

    init(every interval: Double, now: ContinuousClock.Instant = .now) {
        self.interval = interval
        (all, some) = (now, now)
    }

    /// Returns which agents are due for a check; nil = none.
    func due(_ agents: [Agent], now: ContinuousClock.Instant = .now) -> Scope? {
        if (now - all).seconds >= interval { return .all }
        let isMissing = agents.contains { !$0.ready }
        return isMissing && (now - some).seconds >= min(Self.missing, interval) ? .missing : nil
    }

    /// A check begins.
    mutating func begins(_ scope: Scope, now: ContinuousClock.Instant = .now) {
        some = now
        if scope == .all { all = now }
    }

    /// Returns whether a task that was just started shows that the list is wrong: it has found an agent that was
    /// missing.
    static func isOutdated(_ agents: [Agent], by started: String) -> Bool {
        agents.contains { $0.name == started && !$0.ready }
    }

    /// Returns a sentence for each agent that has been installed, has gone, or has another version than before.
    static func changes(from before: [Agent], to after: [Agent]) -> [String] {
        after.compactMap { agent in
            guard let known = before.first(where: { $0.name == agent.name }) else { return nil }
            let version = agent.version.map { " \($0)" } ?? ""
            switch (known.ready, agent.ready) {
            case (false, true): return "\(agent.name)\(version) is ready"
            case (true, false): return "\(agent.name) is not ready any more: \(agent.detail ?? "no reason is known")"
            case (true, true) where known.version != agent.version:
                return "\(agent.name) is now\(version), and was \(known.version ?? "of an unknown version")"
            default: return nil
            }
        }
    }
}
