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

/// The messages of earlier chats, in a file that only its owner can read (mode 0600): a JSON text on each line.
struct ChatHistory: Sendable {
    /// The number of messages that are kept: years of a person's chats, and read in some milliseconds.
    static let kept = 1000
    /// The longest message that is kept, in bytes; a longer one was pasted.
    static let maxMessage = 16 << 10

    let path: String

    /// Returns the messages, oldest first; none when there is no file. Lines that are no JSON text are left out.
    func read() -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let messages = data.split(separator: 0x0a).compactMap { try? JSONDecoder().decode(String.self, from: $0) }
        return Array(messages.suffix(Self.kept))
    }

    /// Adds a message; not one that begins with a space, as in a shell.
    /// - Throws: ``CommandError`` that names the path.
    func add(_ message: String) throws {
        guard message.first?.isWhitespace == false, message.utf8.count <= Self.maxMessage else { return }
        try PrivateFile.makeFolder(of: path)
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw PrivateFile.writeError(path) }
        defer { close(file) }
        let line = [UInt8](try JSONEncoder().encode(message)) + [0x0a]
        let isWritten = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == line.count
        // It may have been made with another mode.
        guard isWritten, fchmod(file, 0o600) == 0 else { throw PrivateFile.writeError(path) }
    }

    /// Cuts the file to the newest ``kept`` messages, once it has twice as many.
    func trim() throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let lines = data.split(separator: 0x0a)
        guard lines.count > 2 * Self.kept else { return }
        try PrivateFile.write(
            bytes: [UInt8](Data(lines.suffix(Self.kept).joined(separator: [0x0a]))) + [0x0a], to: path)
    }
}
