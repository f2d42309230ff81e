import ArgumentParser
import Launch

/// The options of the `claude-code` agent.
public struct ClaudeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The claude program (or WEGENT_CLAUDE). Default: claude, from PATH and the installers' directories",
            valueName: "path"))
    public var claude: String?

    public init() {}

    func apply(to configuration: inout ExecutorConfiguration, _ setting: Setting) throws {
        configuration.claude = try setting.value(claude, "WEGENT_CLAUDE")
    }
}

extension ExecutorConfiguration {
    /// The `claude` program: a path, or a name that is looked up in PATH; nil = `claude`.
    public var claude: String? {
        get { programs[ClaudeAgent.name] }
        set { programs[ClaudeAgent.name] = newValue }
    }
}
