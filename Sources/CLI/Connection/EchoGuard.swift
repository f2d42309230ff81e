import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Restores the terminal's echo when SIGINT or SIGTERM ends the process while it reads a password.
final class EchoGuard {
    private let sources: [any DispatchSourceSignal]

    init(_ before: termios) {
        let queue = DispatchQueue(label: "echo")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                var before = before
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
                Output.writeError("\n")
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    /// Restores the default handling of the signals, after the line was read.
    func end() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
