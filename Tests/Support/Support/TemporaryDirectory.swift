import Foundation

/// A new folder that is removed with its contents when the object is released.
public final class TemporaryDirectory: Sendable {
    /// Absolute and short: the path of an `ipc://` socket in it stays below the limit of 107 bytes.
    public let path: String

    /// - Throws: `POSIXError` when the folder cannot be created.
    public init() throws {
        var template = Array("/tmp/wm-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Returns the path of `name` in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Creates a folder `name` in it and returns its path.
    public func folder(_ name: String) throws -> String {
        let folder = file(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Writes a file in the folder, creating parent folders, and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String, executable: Bool = false) throws -> String {
        let target = file(name)
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: target))
        if executable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: target)
        }
        return target
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
