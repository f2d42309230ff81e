import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Single keys from the terminal at standard input, while a question is open. Owns the terminal's mode meanwhile: no echo,
/// no waiting for Enter; Ctrl-C still raises SIGINT.
final class Keyboard: Sendable {
    private struct Capture {
        var originalMode: termios
        var keys: any DispatchSourceRead
        var signals: [any DispatchSourceSignal]
    }
    /// Signals that end the process and would leave the terminal without echo.
    private static let terminationSignals = [SIGTERM, SIGHUP, SIGQUIT]
    private static let (pasteMarks, noPasteMarks) = ("\u{1b}[?2004h", "\u{1b}[?2004l")

    private let capture = Mutex<Capture?>(nil)
    /// Whether the terminal puts marks around pasted text.
    private let marksPastes: Bool

    /// Returns nil when standard input is no terminal.
    init?(marksPastes: Bool = false) {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        self.marksPastes = marksPastes
    }

    deinit { end() }

    /// Starts to read keys. Discards what was typed before, since it answers no question.
    /// - Parameters:
    ///   - onKeys: Called with the bytes of each read.
    ///   - continued: Called after the process was stopped and runs again; the screen may have changed meanwhile.
    /// - Returns: false when this process is in the background and does not own the terminal.
    func begin(_ onKeys: @escaping @Sendable ([UInt8]) -> Void, continued: @escaping @Sendable () -> Void) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        return capture.withLock { capture in
            if capture != nil {
                tcflush(STDIN_FILENO, TCIFLUSH)
                return true
            }
            var mode = termios()
            guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return false }
            guard Self.setMode(mode, singleKeys: true) else { return false }
            let signals =
                Self.terminationSignals.map { restoreMode(mode, on: $0) } + [onContinue(mode, continued)]
            if marksPastes { Output.write(Self.pasteMarks) }
            capture = Capture(originalMode: mode, keys: Self.readKeys(onKeys), signals: signals)
            return true
        }
    }

    /// Stops reading and restores the terminal's mode. Idempotent.
    func end() {
        capture.withLock { capture in
            guard let old = capture else { return }
            capture = nil
            old.keys.cancel()
            for source in old.signals { source.cancel() }
            for number in Self.terminationSignals { signal(number, SIG_DFL) }
            if marksPastes { Output.write(Self.noPasteMarks) }
            // Discards unread keys too, so that the shell does not take them as a command.
            Self.setMode(old.originalMode, singleKeys: false)
        }
    }

    /// Sets the terminal's mode, unless this process is in the background: the mode then belongs to the shell.
    @discardableResult
    private static func setMode(_ mode: termios, singleKeys: Bool) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        var mode = mode
        if singleKeys { mode.c_lflag &= ~tcflag_t(ECHO | ICANON) }
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode) == 0
    }

    private static func readKeys(_ onKeys: @escaping @Sendable ([UInt8]) -> Void) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "keyboard"))
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count > 0 { onKeys(Array(buffer[..<count])) }
        }
        source.resume()
        return source
    }

    /// On the signal, restores the terminal and then ends the process by the same signal.
    private func restoreMode(_ mode: termios, on number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "keyboard end"))
        // The shell's prompt begins a line of its own, where nothing is left of the lines below the text.
        let last = (marksPastes ? Self.noPasteMarks : "") + "\r\n\u{1b}[J"
        source.setEventHandler {
            Self.setMode(mode, singleKeys: false)
            _ = Array(last.utf8).withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            signal(number, SIG_DFL)
            var only = sigset_t()
            sigemptyset(&only)
            sigaddset(&only, number)
            // Dispatch blocks signals in its threads.
            pthread_sigmask(SIG_UNBLOCK, &only, nil)
            raise(number)
            _exit(128 + number)
        }
        source.resume()
        return source
    }

    /// On SIGCONT, sets the mode again: the shell may have changed it while the process was stopped.
    private func onContinue(_ mode: termios, _ continued: @escaping @Sendable () -> Void)
        -> any DispatchSourceSignal
    {
        let source = DispatchSource.makeSignalSource(
            signal: SIGCONT, queue: DispatchQueue(label: "keyboard continuation"))
        let marks = marksPastes ? Self.pasteMarks : ""
        source.setEventHandler {
            guard Self.setMode(mode, singleKeys: true) else { return }
            Output.write(marks)
            continued()
        }
        source.resume()
        return source
    }
}
