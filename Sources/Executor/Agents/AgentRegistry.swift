import Messages

/// What the agents of a device are built from.
struct AgentSurroundings: Sendable {
    var configuration: ExecutorConfiguration
    var home: ExecutorHome
    var children: LiveChildren
}

/// The agents that this executor has. The one place outside an agent's own folder that names it.
enum AgentRegistry {
    /// Returns a driver of each agent, in the order in which devices show them.
    static func drivers(_ surroundings: AgentSurroundings) -> [any AgentDriver] {
        [ClaudeAgent(surroundings), ShellAgent(surroundings)]
    }

    /// Returns what ``FirstPrompt/all(_:home:)`` does.
    static func firstPrompts(_ environment: [String: String], home: String) -> [FirstPrompt] {
        [ClaudeAgent.firstPrompt(environment, home: home), ShellAgent.firstPrompt].compactMap(\.self)
    }
}
