#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lines typed at the terminal.
enum TerminalInput {
    /// Whether lines can be typed.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks for a line on standard error and reads it from standard input.
    /// - Parameter hidden: Whether typed characters stay invisible, as for a password.
    /// - Returns: nil when standard input is no terminal, or for an empty line.
    static func ask(_ question: String, hidden: Bool) throws -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        Output.writeError(question)
        var before = termios()
        guard hidden, tcgetattr(STDIN_FILENO, &before) == 0 else { return readLine(strippingNewline: true).nonEmpty }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Output.writeError("\n")
        }
        // Without this, Ctrl-C would leave the terminal without echo.
        let restore = EchoGuard(before)
        defer { restore.end() }
        return readLine(strippingNewline: true).nonEmpty
    }
}
