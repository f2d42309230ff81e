#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors 0, 1 and 2.
public enum StandardFiles {
    /// Whether the descriptor was closed when the process started, so that nothing may be written to it.
    static func isClosed(_ file: Int32) -> Bool { closed.contains(file) }

    /// Occupies those that are closed, so that no socket gets their numbers. Call it first in the process.
    public static func occupy() { _ = closed }

    /// Those that were closed.
    private static let closed: [Int32] = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { file in
        if fcntl(file, F_GETFD) != -1 { return isOfRuntime(file) }
        // The lowest free number, which is this one.
        _ = open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        return true
    }

    /// Whether the runtime has opened the descriptor before `main`, such as an event counter.
    private static func isOfRuntime(_ file: Int32) -> Bool {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/fd/\(file)", &target, target.count)
        let bytes = target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).hasPrefix("anon_inode:")
    }
}
