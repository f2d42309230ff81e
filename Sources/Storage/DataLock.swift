#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Keeps a second process off a service's data. SQLite would let it in, and both would answer from memory that
/// the other one knows nothing of. Held until ``release()`` or the process's end, however it ends.
public final class DataLock: Sendable {
    private let file: Int32

    /// Takes `DIRECTORY/NAME.lock`, making the directory where it is missing.
    /// - Throws: ``StoreError`` `locked` that names the directory and the holder's process id, or `cannotOpen`.
    public init(directory: String, name: String) throws {
        try DataDirectory.make(directory)
        let path = "\(directory)/\(name).lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StoreError(.cannotOpen, "\(path) cannot be opened: \(DataDirectory.reason(errno))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(file)
            close(file)
            throw StoreError(
                .locked,
                "\(directory) is in use by another \(name)\(holder); stop it or choose another data directory")
        }
        ftruncate(file, 0)
        let id = Array("\(getpid())\n".utf8)
        // Only for the sentence above; the lock holds without it.
        _ = pwrite(file, id, id.count, 0)
    }

    /// Lets others in. Call it once, when nothing of the data is open any more.
    public func release() { close(file) }

    private static func holder(_ file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 1, let id = Int(String(decoding: bytes[..<(count - 1)], as: UTF8.self)) else { return "" }
        return " (process \(id))"
    }
}
