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

/// A file that only its owner can read (mode 0600).
enum PrivateFile {
    /// Writes a temporary file and renames it, so that a reader sees either the old content or the new.
    /// - Throws: ``CommandError`` that names the path.
    static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(bytes: [UInt8](try encoder.encode(value)) + [0x0a], to: path)
    }

    /// Writes the bytes of a file as ``write(_:to:)`` does.
    static func write(bytes: [UInt8], to path: String) throws {
        try makeFolder(of: path)
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw writeError(path) }
        let done = bytes.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) == $0.count } && fsync(file) == 0
        close(file)
        guard done, rename(draft, path) == 0 else {
            let error = writeError(path)
            unlink(draft)
            throw error
        }
    }

    /// Returns the value in the file; nil when the file does not exist.
    /// - Throws: ``CommandError`` that names the path when the file cannot be read or decoded.
    static func read<T: Decodable>(_ type: T.Type, from path: String) throws -> T? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard let value = try? JSONDecoder().decode(type, from: data) else {
            throw CommandError("\(path) is not valid JSON of the expected form; delete it and try again")
        }
        return value
    }

    /// Deletes the file if it exists.
    /// - Throws: ``CommandError`` that names the path.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw CommandError("\(path) cannot be deleted: \(String(cString: strerror(errno)))")
        }
    }

    static func makeFolder(of path: String) throws {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        do {
            try FileManager.default.createDirectory(
                atPath: String(folder), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError("the directory \(folder) cannot be created; check the permissions of the one above it")
        }
    }

    static func writeError(_ path: String) -> CommandError {
        CommandError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

// `PrivateFile.write` shadows the C function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
