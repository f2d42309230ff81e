import ArgumentParser
import Messages

/// How a task's commands get their output.
struct TerminalOptions: ParsableArguments {
    @Flag(
        help:
            "Give the command a terminal of this one's size, so that it shows progress and colours (agents like shell)."
    )
    var tty = false

    @Flag(
        help: "Keep standard output and standard error apart, instead of in the order of writing (agents like shell).")
    var splitOutput = false

    func validate() throws {
        if tty, splitOutput {
            throw ValidationError("--tty and --split-output cannot be combined: a terminal has one output.")
        }
    }

    /// The size of the terminal that the task gets; nil = none.
    var size: TerminalSize? { tty ? TerminalSize.current ?? TerminalSize(columns: 80, rows: 24) : nil }
}
