import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension TerminalSize {
    /// The size of the terminal at one of the standard streams; nil where there is none.
    static var current: TerminalSize? {
        for file in [STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO] {
            var size = winsize()
            guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { continue }
            return TerminalSize(
                columns: min(Int(size.ws_col), range.upperBound), rows: min(Int(size.ws_row), range.upperBound))
        }
        return nil
    }
}
