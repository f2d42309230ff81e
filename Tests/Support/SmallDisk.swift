import Foundation

/// A disk that is really full: a small file system in memory, mounted over a folder.
public final class SmallDisk: Sendable {
    /// Whether this process may mount.
    public static var isPossible: Bool {
        #if os(Linux)
            geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount")
        #else
            false
        #endif
    }

    private let path: String

    /// Mounts it over a folder, with what is in the folder copied into it.
    /// - Throws: when it cannot be mounted.
    public init(at path: String, megabytes: Int) throws {
        self.path = path
        try Self.run(
            "cp -a '\(path)' '\(path).kept' && mount -t tmpfs -o size=\(megabytes)m none '\(path)' "
                + "&& cp -a '\(path).kept/.' '\(path)/' && rm -rf '\(path).kept'")
    }

    /// Writes until there is no room left.
    public func fill() throws { try Self.run("dd if=/dev/zero of='\(path)/ballast' bs=4k 2>/dev/null || true") }

    /// Gives the room back.
    public func free() { try? FileManager.default.removeItem(atPath: "\(path)/ballast") }

    /// Takes it away; whoever has files open in it keeps them.
    public func unmount() { try? Self.run("umount -l '\(path)'") }

    private static func run(_ command: String) throws {
        let shell = try ChildProcess("/bin/sh", ["-c", command])
        let end = ContinuousClock.now + .seconds(30)
        while shell.ended == nil, ContinuousClock.now < end { usleep(5000) }
        guard shell.ended == .exited(0) else {
            throw POSIXError(.EIO, userInfo: ["command": command, "said": shell.stderr.text])
        }
    }
}
