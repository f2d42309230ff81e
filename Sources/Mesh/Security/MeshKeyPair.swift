import CZeroMQ
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

/// `write(2)`, whose name the methods below hide.
private let systemWrite = write as @Sendable (Int32, UnsafeRawPointer?, Int) -> Int

/// A service's pair of keys: the secret one is in a file that only its user may read.
public struct MeshKeyPair: Sendable {
    /// The public key, which other services have in their allow-lists.
    public let publicKey: MeshKey
    /// The secret key, in Z85. Never in a log.
    let secret: [UInt8]

    /// Generates a pair.
    /// - Throws: ``Fault`` `unavailable` when libzmq was built without CURVE.
    public static func generate() throws -> MeshKeyPair {
        var open = [CChar](repeating: 0, count: MeshKey.length + 1)
        var secret = open
        guard zmq_curve_keypair(&open, &secret) == 0 else {
            throw Fault(.unavailable, "this build of libzmq has no CURVE, so there are no keys")
        }
        return try MeshKeyPair(secret: secret)
    }

    /// Reads the secret key in the first line of a file, and derives the public one.
    /// - Throws: ``Fault`` `invalid_request` that names the file and what is wrong with it.
    public static func load(_ path: String) throws -> MeshKeyPair {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Fault(.invalidRequest, "the key \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Fault(.invalidRequest, "the key \(path) may be read by other users; run: chmod 600 \(path)")
        }
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        let line = text.prefix { !$0.isNewline }
        guard MeshKey(String(line)) != nil else {
            throw Fault(
                .invalidRequest, "\(path) holds no secret key; make one with: wegent-registry keygen DIR --name NAME")
        }
        return try MeshKeyPair(secret: line.utf8.map(CChar.init) + [0])
    }

    private init(secret: [CChar]) throws {
        var open = [CChar](repeating: 0, count: MeshKey.length + 1)
        guard zmq_curve_public(&open, secret) == 0,
            let key = open.withUnsafeBytes({ MeshKey(characters: UnsafeRawBufferPointer(rebasing: $0.dropLast())) })
        else { throw Fault(.unavailable, "this build of libzmq has no CURVE, so keys cannot be used") }
        publicKey = key
        self.secret = secret.prefix(MeshKey.length).map(UInt8.init)
    }

    /// Writes `NAME.key` (mode 0600) and `NAME.pub` (the line of an allow-list) into a directory, which is made with mode
    /// 0700 when it is missing. Existing files are never replaced.
    /// - Returns: The two paths.
    /// - Throws: ``Fault`` `invalid_request` that names the file or the part of the name that is not possible.
    public func write(to directory: String, name: String, role: ServiceRole) throws -> (key: String, open: String) {
        let entry = try AllowList.Entry(key: publicKey, role: role, name: name)
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw Self.writeFault(directory) }
        let paths = ("\(directory)/\(name).key", "\(directory)/\(name).pub")
        guard access(paths.1, F_OK) != 0 else { throw Self.existsFault(paths.1) }
        try Self.create(paths.0, 0o600, secret + [0x0a])
        try Self.create(paths.1, 0o644, Array("\(entry.line)\n".utf8))
        return paths
    }

    private static func create(_ path: String, _ mode: mode_t, _ bytes: [UInt8]) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw errno == EEXIST ? existsFault(path) : writeFault(path) }
        defer { close(file) }
        guard fill(file, bytes) else {
            let fault = writeFault(path)
            unlink(path)
            throw fault
        }
    }

    private static func fill(_ file: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) == $0.count } && fsync(file) == 0
    }

    private static func existsFault(_ path: String) -> Fault {
        Fault(.invalidRequest, "\(path) exists; choose another name, or delete it and its pair first")
    }

    private static func writeFault(_ path: String) -> Fault {
        Fault(.invalidRequest, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
