#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a command prints: unbuffered, and never lost without a sentence. (A service's log goes through ``StandardStream``.)
public enum StandardOutput {
    /// Writes to standard output. When the reader has closed the pipe, as `head` does, exits with 141, the status of a
    /// process ended by SIGPIPE; when the output cannot be written for another reason, such as a full disk, says so and
    /// exits with 74 (EX_IOERR).
    /// - Parameter name: the program's name, for the sentence.
    public static func write(_ text: String, name: String) { write([UInt8](text.utf8), name: name) }

    /// Writes bytes to standard output, as ``write(_:name:)-(String,_)``.
    public static func write(_ bytes: [UInt8], name: String) {
        let cause = send(bytes, to: STDOUT_FILENO)
        guard cause != 0 else { return }
        guard cause != EPIPE else { exit(128 + SIGPIPE) }
        writeError(
            [UInt8]("\(name): error: standard output cannot be written: \(String(cString: strerror(cause)))\n".utf8))
        exit(EX_IOERR)
    }

    /// Writes bytes to standard error, as far as that is possible.
    public static func writeError(_ bytes: [UInt8]) { _ = send(bytes, to: STDERR_FILENO) }

    /// Returns 0, or the error number of the write that failed.
    private static func send(_ bytes: [UInt8], to file: Int32) -> Int32 {
        if StandardFiles.isClosed(file) { return EBADF }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            let cause = count < 0 ? errno : 0
            if count >= 0 {
                sent += count
            } else if cause == EAGAIN {
                var wanted = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if cause != EINTR {
                return cause
            }
        }
        return 0
    }
}

// The methods above shadow the C function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
