/// A prompt that shows a new user what an agent of this machine can do. It changes nothing there.
public struct FirstPrompt: Equatable, Sendable {
    /// The agent's name.
    public let agent: String
    public let prompt: String

    init(agent: String, prompt: String) { (self.agent, self.prompt) = (agent, prompt) }

    /// Returns a prompt of each agent that seems able to reply, which may need a login; the one to prefer comes first. Whether
    /// the agent is ready is not checked: the device reports that.
    /// - Parameter home: The user's home directory.
    public static func all(_ environment: [String: String], home: String) -> [FirstPrompt] {
        AgentRegistry.types.compactMap { $0.firstPrompt(environment, home: home) }
    }
}
