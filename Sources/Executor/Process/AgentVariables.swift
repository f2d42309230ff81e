/// The environment variables that an agent documents: for its model and its provider, its login, network and limits.
struct AgentVariables: Sendable {
    /// The agent's name.
    var agent: String
    /// What it gets in addition to ``EnvironmentPolicy/everybodys``.
    var patterns: [EnvironmentPattern]
    /// What the agent sets for its own children. One that was inherited by the executor would make a new process take
    /// itself for such a child.
    var own: Set<String> = []
    /// Why it gets them, for people.
    var why = "documented by the agent"
    /// Whether its processes may be any other agent, so that it gets the variables of all.
    var startsOthers = false

    func covers(_ name: String) -> Bool { patterns.contains { $0.matches(name) } }
}
