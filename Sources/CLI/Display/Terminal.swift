import Launch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The terminal at standard output, if there is one.
struct Terminal: Sendable {
    /// Whether it is a terminal that can move its cursor.
    let isLive: Bool
    /// Coloured only on a live terminal, and not when NO_COLOR is set.
    let style: TextStyle

    init(isTerminal: Bool, environment: [String: String]) {
        let term = environment["TERM"].nonEmpty
        isLive = isTerminal && term != nil && term != "dumb"
        style = TextStyle(colours: isLive && environment["NO_COLOR"].nonEmpty == nil)
    }

    /// This process's standard output.
    static let current = Terminal(isTerminal: isatty(STDOUT_FILENO) == 1, environment: Setting.process.environment)

    /// The current number of columns; nil where lines are not cut.
    var width: Int? { size?.columns }

    /// The current number of columns and rows; nil where it is not live.
    var size: (columns: Int, rows: Int)? {
        guard isLive else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}
