import Messages

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

/// The directories in which tasks run: one per conversation, or one that the device's owner has allowed.
struct Workspaces: Sendable {
    /// The parent of the conversations' own directories.
    let root: String
    /// Absolute paths; links in them are resolved at each use, so that a directory that was moved allows nothing else.
    let allowed: [String]

    /// Returns the directory for a task; creates the conversation's own.
    /// - Throws: ``Fault`` with code `cwd_not_allowed` that names the directory and what to do.
    func directory(for conversation: ConversationID, cwd: String?) throws -> String {
        guard let cwd else {
            let path = "\(root)/\(conversation)"
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch { throw Fault(.storageFailed, "the workspace \(path) cannot be created: \(error)") }
            return Self.resolve(path) ?? path
        }
        guard cwd.hasPrefix("/"), !cwd.utf8.contains(0) else {
            throw Fault(.cwdNotAllowed, "the directory '\(cwd.prefix(500))' must be an absolute path on the device")
        }
        let roots = allowed.compactMap(Self.resolve)
        if let real = Self.resolve(cwd), roots.contains(where: { Self.contains($0, real) }) {
            var isDirectory: Bool = false
            guard FileManager.default.fileExists(atPath: real, isDirectory: &isDirectory), isDirectory else {
                throw Fault(.cwdNotAllowed, "\(cwd) is not a directory on this device")
            }
            return real
        }
        // Whether a directory exists is disclosed only inside allowed ones.
        if Self.resolve(cwd) == nil, !cwd.contains("/../"), !cwd.hasSuffix("/.."),
            allowed.contains(where: { Self.contains($0, cwd) })
        {
            throw Fault(.cwdNotAllowed, "the directory \(cwd) does not exist on this device")
        }
        throw Fault(
            .cwdNotAllowed,
            "the directory \(cwd.prefix(500)) is not inside one that this device allows; its owner can start "
                + "wegent-executor with --allow-dir for it or a directory above it")
    }

    /// Seconds that a directory may take to resolve at the start; one on a dead mount is announced as written.
    private static let announceTimeout = 2.0

    /// Returns the allowed directories for the server, which refuses a task for another one at its submission: as the owner
    /// wrote them, and without their links, as a person may name them.
    func announced() async -> [String] {
        let lookup = WorkspaceLookup(timeout: Self.announceTimeout)
        var all = allowed
        for path in allowed {
            let real = try? await lookup.directory(path) { Self.resolve(path) ?? path }
            if let real, !all.contains(real) { all.append(real) }
        }
        return all
    }

    /// Returns the path without links, `.` and `..`; nil when it does not exist.
    static func resolve(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Returns whether `path` is `root` or below it, by whole components.
    static func contains(_ root: String, _ path: String) -> Bool {
        let root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        return root == "/" || path == root || path.hasPrefix(root + "/")
    }
}
