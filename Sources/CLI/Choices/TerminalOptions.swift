import ArgumentParser
import Messages

/// How a task's commands get their output.
struct TerminalOptions: ParsableArguments {
    /// The agents whose commands may have a terminal.
    private static let agents = ["shell"]

    @Flag(help: "Give the command a terminal of this one's size, so that it shows progress and colours (agent shell).")
    var tty = false

    @Flag(help: "Keep standard output and standard error apart, instead of in the order of writing (agent shell).")
    var splitOutput = false

    func validate() throws {
        if tty, splitOutput {
            throw ValidationError("--tty and --split-output cannot be combined: a terminal has one output.")
        }
    }

    /// Returns the size of the terminal that the task gets; nil = none.
    /// - Throws: `ValidationError` for an agent whose commands cannot have one.
    func size(for agent: String?) throws -> TerminalSize? {
        guard tty else { return nil }
        let agent = agent ?? TaskRequestBody.defaultAgent
        guard Self.agents.contains(agent) else {
            throw ValidationError(
                "--tty is for the agent shell; the agent \(TerminalEscaping.line(agent)) runs its commands without a terminal"
            )
        }
        return TerminalSize.current ?? TerminalSize(columns: 80, rows: 24)
    }
}
