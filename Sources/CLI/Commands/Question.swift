#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A question to the person at the terminal.
enum Question {
    /// The answer; nil when standard input is no terminal or nothing was typed.
    /// - Parameter hidden: Whether the letters are not shown.
    static func ask(_ question: String, hidden: Bool) throws -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        Output.prompt(question)
        var before = termios()
        guard hidden, tcgetattr(STDIN_FILENO, &before) == 0 else { return readLine(strippingNewline: true).nonEmpty }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Output.prompt("\n")
        }
        // Ctrl-C must not leave the terminal without its echo.
        let restore = EchoGuard(before)
        defer { restore.end() }
        return readLine(strippingNewline: true).nonEmpty
    }
}
