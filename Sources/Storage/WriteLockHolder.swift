#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the process that is inside a write of a database in WAL mode.
public enum WriteLockHolder {
    /// The offset of the write lock in the database's `-shm` file (SQLite's file format, "WAL-Index Format",
    /// WAL_WRITE_LOCK).
    private static let offset: off_t = 120

    /// Returns the id of the process that holds the database's write lock. Nil when the lock is free, is held by this
    /// process or by one that cannot be seen from here (another machine's, another container's), or there is no such file.
    ///
    /// Never call it in a process that has the database open: closing any descriptor of a file ends all POSIX locks that
    /// the process has on it, SQLite's too.
    public static func process(path: String) -> Int? {
        let file = open("\(path)-shm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = offset
        lock.l_len = 1
        guard fcntl(file, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0 else { return nil }
        return Int(lock.l_pid)
    }
}
