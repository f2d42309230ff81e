import ArgumentParser
import Launch

/// The options that the agents contribute: a group for each agent that has some, from its folder.
public struct AgentOptions: ParsableArguments {
    @OptionGroup public var shell: ShellOptions
    @OptionGroup public var claude: ClaudeOptions

    public init() {}

    func apply(to configuration: inout ExecutorConfiguration, _ setting: Setting) throws {
        shell.apply(to: &configuration)
        try claude.apply(to: &configuration, setting)
    }
}

extension AgentVariables {
    /// The variables of each agent.
    static let all: [AgentVariables] = [.claude, .shell]
}
