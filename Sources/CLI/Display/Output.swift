#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process's standard output and standard error, unbuffered.
enum Output {
    /// Writes to standard output. When the reader has closed the pipe, as `head` does, exits with 141, the status of a
    /// process ended by SIGPIPE.
    static func write(_ text: String) { write([UInt8](text.utf8)) }

    /// Writes bytes to standard output, as ``write(_:)-(String)``.
    static func write(_ bytes: [UInt8]) {
        guard send(bytes, to: STDOUT_FILENO) else { exit(128 + SIGPIPE) }
    }

    /// Writes a line for the person to standard error. Escapes control characters, since the line may contain text from an
    /// agent or a device.
    static func notice(_ line: String) {
        _ = send([UInt8]("wegent: \(TerminalEscaping.text(line))\n".utf8), to: STDERR_FILENO)
    }

    /// Writes text to standard error, unchanged.
    static func writeError(_ text: String) { _ = send([UInt8](text.utf8), to: STDERR_FILENO) }

    private static func send(_ bytes: [UInt8], to file: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

// The methods above shadow the C function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
