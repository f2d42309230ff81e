#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors 0, 1 and 2.
enum StandardFiles {
    /// Occupies each of them that is closed, so that no socket gets its number and with it what is meant for a person.
    /// Writing to one that was closed then fails, as it would have.
    static func occupy() {
        for file in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(file, F_GETFD) == -1 {
            // The lowest free number, which is this one.
            _ = open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
