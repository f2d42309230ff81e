import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Gives the terminal its echo back when Ctrl-C or SIGTERM ends the process during a hidden question.
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
                Output.prompt("\n")
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    /// The question is answered.
    func end() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
