#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Who is inside a write of a database in WAL mode.
public enum WriteLockHolder {
    /// Where the write lock is in the file beside the database whose name ends in `-shm` (SQLite's file format,
    /// "WAL-Index Format", WAL_WRITE_LOCK).
    private static let offset: off_t = 120

    /// The process that holds the database's write lock, as this process numbers it; nil when nobody does, when it is
    /// this process, when it cannot be seen from here (another machine's, another container's), or when there is no
    /// such file.
    ///
    /// Not for a process that has the database open: to close any descriptor of a file ends all of a process's POSIX
    /// locks on it, SQLite's too.
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
