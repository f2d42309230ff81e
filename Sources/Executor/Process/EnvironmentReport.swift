import Messages

/// What the agents of a device get of its executor's environment, without a value: for `wegent-executor environment`.
public struct EnvironmentReport: Encodable, Equatable, Sendable {
    /// A variable that is passed.
    public struct Variable: Encodable, Equatable, Sendable {
        public var name: String
        /// The agents that get it.
        public var agents: [String]
        /// The reason of each agent that gets it, for people.
        public var why: [String: String]

        /// The reasons in one line, those of different agents apart.
        fileprivate var reasons: String {
            guard Set(why.values).count > 1 else { return why.values.first ?? "" }
            return agents.map { "\($0): \(why[$0] ?? "")" }.joined(separator: "; ")
        }
    }

    /// By name.
    public var passed: [Variable]
    /// Names of the others, which stay with the executor.
    public var kept: [String]

    public init(_ configuration: ExecutorConfiguration) {
        let policy = EnvironmentPolicy(added: configuration.passEnvironment)
        let (own, agents) = (configuration.environment, AgentRegistry.variables)
        passed = own.keys.sorted().compactMap { name in
            let reasons = agents.compactMap { agent in
                policy.reason(for: name, of: agent).map { (agent.agent, $0.summary) }
            }
            return reasons.isEmpty ? nil : Variable(name, reasons)
        }
        let names = Set(passed.map(\.name))
        kept = own.keys.filter { !names.contains($0) }.sorted()
        guard own["HOME"] ?? "" == "" else { return }
        passed.removeAll { $0.name == "HOME" }
        passed.insert(
            Variable("HOME", agents.map { ($0.agent, "unset; taken from the password file") }),
            at: passed.firstIndex { $0.name > "HOME" } ?? passed.count)
    }

    /// The report for people.
    public var text: String {
        let width = passed.map(\.name.count).max() ?? 0
        let agents = passed.map { $0.agents.joined(separator: ", ") }
        let wide = agents.map(\.count).max() ?? 0
        var lines = zip(passed, agents).map { variable, agents in
            "\(Self.padded(variable.name, width))  \(Self.padded(agents, wide))  \(variable.reasons)"
        }
        if !kept.isEmpty {
            lines += ["", "Not passed (--pass-env NAME or PREFIX* adds some): \(kept.joined(separator: " "))"]
        }
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension EnvironmentReport.Variable {
    fileprivate init(_ name: String, _ reasons: [(agent: String, why: String)]) {
        self.init(
            name: name, agents: reasons.map(\.agent),
            why: Dictionary(uniqueKeysWithValues: reasons.map { ($0.agent, $0.why) }))
    }
}

extension EnvironmentPolicy.Reason {
    /// For people.
    fileprivate var summary: String {
        switch self {
        case .everybodys: "for logins, shells and tools"
        case .agents(let why): why
        case .added(let pattern): "added by --pass-env \(pattern)"
        }
    }
}
