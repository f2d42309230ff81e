import ArgumentParser
import Launch
import Messages

/// What the agents of a device are built from.
struct AgentSurroundings: Sendable {
    var configuration: ExecutorConfiguration
    var home: ExecutorHome
    var children: LiveChildren
}

/// The agents that this executor has. This file is the one place outside an agent's own folder that lists it, here and in
/// ``AgentOptions``.
enum AgentRegistry {
    /// In the order in which devices show them.
    static let types: [any AgentDriver.Type] = [ClaudeAgent.self, ShellAgent.self]

    /// Returns a driver of each agent.
    static func drivers(_ surroundings: AgentSurroundings) -> [any AgentDriver] { types.map { $0.init(surroundings) } }

    /// The environment variables of each agent.
    static let variables: [AgentVariables] = types.map { variables(of: $0) }

    /// Returns the environment variables of an agent; one that may start any other gets theirs too.
    static func variables(of type: any AgentDriver.Type) -> AgentVariables {
        var variables = type.variables
        guard variables.startsOthers else { return variables }
        for other in types.map({ $0.variables }) where other.agent != variables.agent {
            variables.patterns += other.patterns
            variables.own.formUnion(other.own)
        }
        return variables
    }
}

/// The options that the agents contribute: a group for each agent that has some, ``AgentDriver/options``. The parser needs
/// them as properties.
public struct AgentOptions: ParsableArguments {
    @OptionGroup public var shell: ShellOptions
    @OptionGroup public var claude: ClaudeOptions

    public init() {}

    func apply(to configuration: inout ExecutorConfiguration, _ setting: Setting) throws {
        shell.apply(to: &configuration)
        try claude.apply(to: &configuration, setting)
    }
}
