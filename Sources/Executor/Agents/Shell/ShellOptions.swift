import ArgumentParser

/// The options of the `shell` agent.
public struct ShellOptions: ParsableArguments {
    @Flag(help: "Allow the shell agent: a task's prompt is run as a command line on this machine.")
    public var allowShell = false

    public init() {}

    func apply(to configuration: inout ExecutorConfiguration) { configuration.allowShell = allowShell }
}
