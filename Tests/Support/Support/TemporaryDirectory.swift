import Foundation

/// A new folder that is removed with all in it when the last reference goes.
public final class TemporaryDirectory: Sendable {
    /// Absolute and short: a socket of `ipc://` in it stays below the 107 bytes of a socket's name.
    public let path: String

    /// - Throws: when the folder cannot be made.
    public init() throws {
        var template = Array("/tmp/wm-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path of `name` in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The path of a new folder `name` in it.
    public func folder(_ name: String) throws -> String {
        let folder = file(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Writes a file in it, with its folders, and returns the path.
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
