#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process's standard output and error, unbuffered: what was written is there.
enum Output {
    /// Writes to standard output. A reader that went away, as `head` does, ends the process with the status that
    /// a shell gives for it.
    static func write(_ text: String) { write([UInt8](text.utf8)) }

    /// As ``write(_:)-(String)``.
    static func write(_ bytes: [UInt8]) {
        guard send(bytes, to: STDOUT_FILENO) else { exit(128 + SIGPIPE) }
    }

    /// A line to standard error for the person who waits. What is told may be an agent's or a device's words: they have no
    /// hold on the terminal.
    static func notice(_ line: String) {
        _ = send([UInt8]("wegent: \(PlainSight.text(line))\n".utf8), to: STDERR_FILENO)
    }

    /// Text to standard error as it is.
    static func prompt(_ text: String) { _ = send([UInt8](text.utf8), to: STDERR_FILENO) }

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

// The methods above hide the function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
