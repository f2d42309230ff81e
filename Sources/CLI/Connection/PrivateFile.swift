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

/// JSON in a file that only its owner can read (mode 0600).
enum PrivateFile {
    /// Writes beside the file and renames, so that a reader meets the old content or the new one.
    /// - Throws: ``Failure`` that names the path.
    static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = [UInt8](try encoder.encode(value)) + [0x0a]
        try makeFolder(of: path)
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        let done = bytes.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) == $0.count } && fsync(file) == 0
        close(file)
        guard done, rename(draft, path) == 0 else {
            let problem = failure(path)
            unlink(draft)
            throw problem
        }
    }

    /// The value in the file; nil when there is no file.
    /// - Throws: ``Failure`` that names the path when it cannot be read or understood.
    static func read<T: Decodable>(_ type: T.Type, from path: String) throws -> T? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard let value = try? JSONDecoder().decode(type, from: data) else {
            throw Failure("\(path) is damaged; remove it and try again")
        }
        return value
    }

    /// Removes the file, if there is one.
    /// - Throws: ``Failure`` that names the path.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Failure("\(path) cannot be removed: \(String(cString: strerror(errno)))")
        }
    }

    private static func makeFolder(of path: String) throws {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        do {
            try FileManager.default.createDirectory(
                atPath: String(folder), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("the folder \(folder) cannot be made; check its permissions")
        }
    }

    private static func failure(_ path: String) -> Failure {
        Failure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

// `PrivateFile.write` hides the function of the same name.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
