import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output or standard error, written in whole lines and unbuffered, so that nothing is lost at exit.
final class StandardStream: Sendable {
    static let output = StandardStream(STDOUT_FILENO)
    static let error = StandardStream(STDERR_FILENO)
    private let file: Int32
    private let lock = Mutex(())

    init(_ file: Int32) { self.file = file }

    /// How long to wait for a reader of the pipe that has stopped reading, in milliseconds. Then the rest of the line
    /// is dropped, since a service must not hang on its log.
    private static let timeout: Int32 = 1000

    /// Writes `line`; lines of different threads do not mix.
    func write(_ line: String) {
        let bytes = Array(line.utf8)
        lock.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
                if count >= 0 {
                    sent += count
                } else if errno == EAGAIN {
                    var writable = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                    if poll(&writable, 1, Self.timeout) <= 0 { return }
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

// The method `write` hides the function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
