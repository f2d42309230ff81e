#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Locks a service's data directory against a second process. SQLite would admit it, and each process would answer from a
/// memory that misses the other's changes. The lock is held until ``release()`` or the end of the process, even by a
/// signal.
public final class DataLock: Sendable {
    private let file: Int32

    /// Takes `DIRECTORY/NAME.lock`, and makes the directory when it is missing.
    /// - Throws: ``StoreError`` `locked` that names the directory and the holder's process id, or `cannotOpen`.
    public convenience init(directory: String, name: String) throws {
        let path = try Self.path(directory, name)
        let file = try Self.open(path)
        guard Self.take(file) else {
            let holder = Self.holder(file).map { " (process \($0))" } ?? ""
            close(file)
            throw StoreError(
                .locked,
                "\(directory) is in use by another \(name)\(holder); stop it or choose another data directory")
        }
        self.init(file)
    }

    private init(_ file: Int32) {
        self.file = file
        ftruncate(file, 0)
        let id = Array("\(getpid())\n".utf8)
        // For messages that name the holder; the lock holds without it.
        _ = pwrite(file, id, id.count, 0)
    }

    /// Takes the lock when it is free; nil when another process or object holds it. Returns at once.
    /// - Throws: ``StoreError`` `cannotOpen`.
    public static func attempt(directory: String, name: String) throws -> DataLock? {
        let file = try open(path(directory, name))
        guard take(file) else {
            close(file)
            return nil
        }
        return DataLock(file)
    }

    /// Returns the id of the process that took the lock last: the holder, if the lock is held. Nil when it is not known.
    public static func holder(directory: String, name: String) -> Int? {
        guard let file = try? open(path(directory, name)) else { return nil }
        defer { close(file) }
        return holder(file)
    }

    /// Releases the lock. Call it once, after the last file of the directory is closed.
    public func release() { close(file) }

    private static func path(_ directory: String, _ name: String) throws -> String {
        try DataDirectory.make(directory)
        return "\(directory)/\(name).lock"
    }

    private static func open(_ path: String) throws -> Int32 {
        let file = systemOpen(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StoreError(.cannotOpen, "\(path) cannot be opened: \(DataDirectory.reason(errno))")
        }
        return file
    }

    private static func take(_ file: Int32) -> Bool { flock(file, LOCK_EX | LOCK_NB) == 0 }

    private static func holder(_ file: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 1 else { return nil }
        return Int(String(decoding: bytes[..<(count - 1)], as: UTF8.self))
    }
}

// DataLock.open hides the function of the same name.
private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
