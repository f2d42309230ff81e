import Launch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What standard output is.
struct Terminal: Sendable {
    /// A terminal that can move its cursor.
    let isLive: Bool
    /// Colours and weights, only on a live one and not with NO_COLOR.
    let paint: Paint

    init(isTerminal: Bool, environment: [String: String]) {
        let term = environment["TERM"].nonEmpty
        isLive = isTerminal && term != nil && term != "dumb"
        paint = Paint(colours: isLive && environment["NO_COLOR"].nonEmpty == nil)
    }

    /// This process's.
    static let current = Terminal(isTerminal: isatty(STDOUT_FILENO) == 1, environment: Setting.process.environment)

    /// Columns now; nil where nothing should be cut off.
    var width: Int? {
        guard isLive else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
