import Foundation

/// A file system of a few MiB that only one process and its children see: a tmpfs in a mount namespace of its own. It is
/// removed with the process, whatever happens to the test.
public enum SmallDisk {
    /// Whether this user may mount.
    public static let isPossible: Bool = {
        guard getuid() == 0, let folder = try? TemporaryDirectory() else { return false }
        guard
            let child = try? ChildProcess(
                "/usr/bin/unshare", ["-m", "/bin/sh", "-c", "mount -t tmpfs -o size=1m none '\(folder.path)'"])
        else { return false }
        child.exitBlocking()
        return child.ended == .exited(0)
    }()

    /// Starts a program with the disk mounted, empty, at `path`. The process is the program itself.
    /// - Parameter before: A shell command to run between the mount and the program.
    public static func start(
        _ program: String, _ arguments: [String], path: String, size: String, before: String = ":"
    ) throws -> ChildProcess {
        let command = try command(program, arguments, path: path, size: size, before: before)
        return try ChildProcess(command[0], Array(command[1...]))
    }

    /// Returns the command line that ``start(_:_:path:size:before:)`` starts.
    public static func command(
        _ program: String, _ arguments: [String], path: String, size: String, before: String = ":"
    ) throws -> [String] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let script = "mount -t tmpfs -o size=\(size) none '\(path)' && \(before) && exec \"$@\""
        return ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script, "sh", program] + arguments
    }

    /// Fills the disk of `process` to the last byte.
    public static func fill(_ path: String, of process: ChildProcess) throws {
        let file = open(filler(path, process), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(file) }
        let block = [UInt8](repeating: 0x2e, count: 4096)
        while write(file, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    /// Frees the space that ``fill(_:of:)`` took.
    public static func empty(_ path: String, of process: ChildProcess) { unlink(filler(path, process)) }

    private static func filler(_ path: String, _ process: ChildProcess) -> String {
        "/proc/\(process.pid)/root\(path)/filler"
    }
}
