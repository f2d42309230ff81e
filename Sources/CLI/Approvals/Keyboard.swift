import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Single keys from the terminal at standard input, for as long as a question is open. Owner of the terminal's mode
/// meanwhile: keys are not echoed and come without Enter; Ctrl-C stays what it is.
final class Keyboard: Sendable {
    private struct Held {
        var before: termios
        var keys: any DispatchSourceRead
        var signals: [any DispatchSourceSignal]
    }
    /// Signals that end a process, and would leave the terminal without its echo.
    private static let ends = [SIGTERM, SIGHUP, SIGQUIT]

    private let held = Mutex<Held?>(nil)

    /// Nil when nobody can be asked: standard input is no terminal.
    init?() { guard isatty(STDIN_FILENO) == 1 else { return nil } }

    deinit { end() }

    /// Tells the keys that are pressed from now on; what was typed before is thrown away, as it was no answer.
    /// - Parameter continued: Told when the process was stopped and goes on: the screen has been somebody else's.
    /// - Returns: false when this process is in the background, where the terminal is not its own.
    func begin(_ tell: @escaping @Sendable ([UInt8]) -> Void, continued: @escaping @Sendable () -> Void) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        return held.withLock { held in
            if held != nil {
                tcflush(STDIN_FILENO, TCIFLUSH)
                return true
            }
            var before = termios()
            guard tcgetattr(STDIN_FILENO, &before) == 0 else { return false }
            guard Self.set(before, single: true) else { return false }
            let signals = Self.ends.map { Self.atEnd($0, before) } + [Self.atContinuation(before, continued)]
            held = Held(before: before, keys: Self.read(tell), signals: signals)
            return true
        }
    }

    /// Gives the terminal back as it was. Idempotent.
    func end() {
        held.withLock { held in
            guard let old = held else { return }
            held = nil
            old.keys.cancel()
            for source in old.signals { source.cancel() }
            for number in Self.ends { signal(number, SIG_DFL) }
            // Keys that nobody has read are no command for the shell.
            Self.set(old.before, single: false)
        }
    }

    /// Sets the terminal's mode; not in the background, where the terminal is the shell's, which has set it as it likes.
    @discardableResult
    private static func set(_ mode: termios, single: Bool) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        var mode = mode
        if single { mode.c_lflag &= ~tcflag_t(ECHO | ICANON) }
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode) == 0
    }

    private static func read(_ tell: @escaping @Sendable ([UInt8]) -> Void) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "keyboard"))
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = systemRead(STDIN_FILENO, &buffer, buffer.count)
            if count > 0 { tell(Array(buffer[..<count])) }
        }
        source.resume()
        return source
    }

    /// Restores the terminal, then lets the signal end the process as it would have.
    private static func atEnd(_ number: Int32, _ before: termios) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "keyboard end"))
        source.setEventHandler {
            set(before, single: false)
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

    /// A shell that brings a stopped program back may have set the terminal as it likes meanwhile.
    private static func atContinuation(_ before: termios, _ tell: @escaping @Sendable () -> Void)
        -> any DispatchSourceSignal
    {
        let source = DispatchSource.makeSignalSource(
            signal: SIGCONT, queue: DispatchQueue(label: "keyboard continuation"))
        source.setEventHandler { if set(before, single: true) { tell() } }
        source.resume()
        return source
    }
}

// The method above hides the function of the same name.
private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, bytes, count)
}
