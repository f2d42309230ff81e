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

/// Keeps a second `wegent up` away from the same data. The kernel lets go of it when the process ends, however it ends.
final class DataLock: Sendable {
    private let file: Int32

    /// Takes the lock `DIRECTORY/lock`, making the directory (mode 0700) when it is missing.
    /// - Throws: ``Failure`` that names the directory, and the process that holds it.
    init(directory: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("\(directory) cannot be made; check its permissions or choose another one with --data")
        }
        let path = "\(directory)/lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Failure(
                "\(path) cannot be opened: \(String(cString: strerror(errno))); choose another place with --data")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            let process = holder.flatMap { Int($0.filter(\.isNumber)) }.map { " (process \($0))" } ?? ""
            close(file)
            throw Failure(
                "another `wegent up`\(process) uses \(directory); stop it, or choose another place with --data")
        }
        ftruncate(file, 0)
        let holder = Array("\(getpid())\n".utf8)
        _ = write(file, holder, holder.count)
    }

    deinit { close(file) }
}
