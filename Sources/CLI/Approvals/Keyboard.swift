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
        var end: any DispatchSourceSignal
    }
    private let held = Mutex<Held?>(nil)

    /// Nil when nobody can be asked: standard input is no terminal.
    init?() { guard isatty(STDIN_FILENO) == 1 else { return nil } }

    deinit { end() }

    /// Tells the keys that are pressed from now on; what was typed before is thrown away, as it was no answer.
    /// - Returns: false when this process is in the background, where the terminal is not its own.
    func begin(_ tell: @escaping @Sendable ([UInt8]) -> Void) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        return held.withLock { held in
            if held != nil {
                tcflush(STDIN_FILENO, TCIFLUSH)
                return true
            }
            var before = termios()
            guard tcgetattr(STDIN_FILENO, &before) == 0 else { return false }
            var single = before
            single.c_lflag &= ~tcflag_t(ECHO | ICANON)
            guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &single) == 0 else { return false }
            held = Held(before: before, keys: Self.read(tell), end: Self.atTermination(before))
            return true
        }
    }

    /// Gives the terminal back as it was. Idempotent.
    func end() {
        held.withLock { held in
            guard var old = held else { return }
            held = nil
            old.keys.cancel()
            old.end.cancel()
            signal(SIGTERM, SIG_DFL)
            // In the background the terminal is the shell's, which has set it as it likes.
            guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
            // Keys that nobody has read are no command for the shell.
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &old.before)
        }
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

    /// SIGTERM must not leave the terminal without its echo.
    private static func atTermination(_ before: termios) -> any DispatchSourceSignal {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: DispatchQueue(label: "keyboard end"))
        source.setEventHandler {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            _exit(128 + SIGTERM)
        }
        source.resume()
        return source
    }
}

// The method above hides the function of the same name.
private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, bytes, count)
}
