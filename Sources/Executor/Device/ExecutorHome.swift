import Messages
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The executor's directory. A lock that ends with the process gives it to one executor at a time.
final class ExecutorHome: Sendable {
    /// A small file that is replaced as a whole.
    enum Entry: String {
        /// The device's id.
        case device = "device-id"
        /// The newest generation from the registry.
        case generation
        /// The highest epoch of a dispatcher that was seen, and in a second line the backend that it belongs to.
        case epoch
        /// The boot ids of runs that may have left processes, one a line.
        case boots
    }

    let path: String
    /// The descriptor that holds the lock; -1 = released.
    private let lock: Mutex<Int32>

    /// One file an unfinished attempt.
    var spool: String { path + "/spool" }
    /// One directory a conversation.
    var workspaces: String { path + "/workspaces" }
    /// One file a conversation: its agent session.
    var sessions: String { path + "/sessions" }
    /// One file a conversation: the rules that people have allowed for it.
    var permissions: String { path + "/permissions" }
    /// Files that one child needs.
    var temporary: String { path + "/tmp" }

    /// Creates the directories and takes the lock.
    /// - Throws: ``Fault`` that names the directory: `storage_failed` when it cannot be created, `conflict` when
    ///   another executor uses it.
    init(_ path: String) throws {
        self.path = path
        for part in ["", "/spool", "/workspaces", "/sessions", "/permissions", "/tmp"] { try Self.create(path + part) }
        let lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw Self.unusable(path, "is not writable")
        }
        guard Self.take(lock) else {
            let holder = Self.holder(lock)
            close(lock)
            throw Fault(
                .conflict,
                "another executor\(holder) uses the home \(path); stop it, or choose another home with --home")
        }
        // Only for the error above; the lock holds without it.
        ftruncate(lock, 0)
        let pid = Array("\(getpid())\n".utf8)
        _ = pwrite(lock, pid, pid.count, 0)
        self.lock = Mutex(lock)
    }

    /// Creates a directory, with those above it.
    private static func create(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try create(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 { return }
        }
        var found = stat()
        let error = errno
        if error == EEXIST, stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFDIR { return }
        errno = error == EEXIST ? ENOTDIR : error
        throw unusable(path, "cannot be created")
    }

    private static func unusable(_ path: String, _ what: String) -> Fault {
        Fault(
            .storageFailed,
            "the executor's home \(path) \(what): \(String(cString: strerror(errno))); choose another directory with --home "
                + "or WEGENT_EXECUTOR_HOME")
    }

    /// Takes the lock; retries for half a second, since a child between its fork and its exec may still hold a lock
    /// that was just released.
    private static func take(_ lock: Int32) -> Bool {
        for attempt in 0...10 {
            if attempt > 0 { usleep(50_000) }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
        }
        return false
    }

    private static func holder(_ lock: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(lock, &bytes, bytes.count, 0)
        guard count > 1, let pid = Int(String(decoding: bytes[..<(count - 1)], as: UTF8.self)) else { return "" }
        return " (process \(pid))"
    }

    deinit { release() }

    /// Releases the lock. Nothing may be written to the home afterwards.
    func release() {
        lock.withLock { lock in
            if lock >= 0 { close(lock) }
            lock = -1
        }
    }

    /// Returns the entry's first line; nil when there is none.
    func read(_ entry: Entry) -> String? { lines(entry).first }

    /// Returns the entry's lines, without empty ones.
    func lines(_ entry: Entry) -> [String] {
        guard let text = try? String(contentsOfFile: "\(path)/\(entry.rawValue)", encoding: .utf8) else { return [] }
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }

    /// Replaces the entry, as a whole or not at all.
    func write(_ entry: Entry, _ text: String) throws {
        do {
            try Data((text + "\n").utf8).write(to: URL(filePath: "\(path)/\(entry.rawValue)"), options: .atomic)
        } catch {
            throw Fault(.storageFailed, "\(path)/\(entry.rawValue) cannot be written: \(error)")
        }
    }
}
