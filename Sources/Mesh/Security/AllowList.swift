import Logging
import Messages
import Synchronization

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

/// The keys that may take part in the mesh, each with the role that it may play: the lines of a file, read again when it
/// changes. Usable on any thread.
public final class AllowList: Sendable {
    /// A line of the file: `KEY ROLE NAME`.
    public struct Entry: Sendable, Hashable {
        public var key: MeshKey
        /// The one role that the owner of the key may play.
        public var role: ServiceRole
        /// For logs: it replaces the name in the hello.
        public var name: String

        /// - Throws: ``Fault`` `invalid_request` that says what a role or name may be.
        init(key: MeshKey, role: ServiceRole, name: String) throws {
            guard AllowList.roles.contains(role) else {
                let roles = AllowList.roles.map(\.rawValue).joined(separator: ", ")
                throw Fault(.invalidRequest, "'\(role)' is no role of the mesh; the roles are \(roles)")
            }
            guard name.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,63}/) != nil else {
                throw Fault(.invalidRequest, "a name has 1 to 64 of A-Z a-z 0-9 . _ - and begins with none of . -")
            }
            self.key = key
            self.role = role
            self.name = name
        }

        var line: String { "\(key) \(role) \(name)" }
    }

    /// The roles that a key may have.
    public static let roles: [ServiceRole] = [.gateway, .dispatcher, .registry, .executor]
    /// Bytes of the file: some ten thousand services. A larger file is refused.
    private static let size = 1 << 20
    /// The time between two looks at the file.
    private static let interval: Duration = .seconds(1)

    private struct State {
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        var byKey: [MeshKey: Entry] = [:]
        /// The last problem that was logged, so that it is not logged every second.
        var problem: String?
    }

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    /// Reads the file, and looks at it every second from then on.
    /// - Throws: ``Fault`` `invalid_request` that names the file and the line.
    public init(_ path: String, logger: Logger) throws {
        self.path = path
        self.logger = logger
        try load()
        Task.detached { [weak self] in
            while true {
                try? await Task.sleep(for: Self.interval)
                guard let self else { return }
                reload()
            }
        }
    }

    /// Returns the entry of a key; nil for a stranger.
    func entry(_ key: MeshKey?) -> Entry? { key.flatMap { key in state.withLock { $0.byKey[key] } } }

    /// Whether the key may play the role.
    func allows(_ key: MeshKey?, as role: ServiceRole) -> Bool { entry(key)?.role == role }

    /// Returns the keys of a role, in the order of the file; nil = of every role.
    func keys(of role: ServiceRole?) -> [MeshKey] {
        state.withLock { $0.entries.filter { role == nil || $0.role == role }.map(\.key) }
    }

    /// Reads the file again. A file that cannot be read or has a wrong line changes nothing: it may be half written.
    func reload() {
        do {
            guard try load() else { return }
            logger.notice(
                "mesh allow-list read", metadata: ["file": "\(path)", "keys": "\(keys(of: nil).count)"])
        } catch {
            let problem = (error as? Fault)?.message ?? "\(error)"
            let isNew = state.withLock { state in
                defer { state.problem = problem }
                return state.problem != problem
            }
            guard isNew else { return }
            logger.error("mesh allow-list refused, the one before stays in force", metadata: ["reason": "\(problem)"])
        }
    }

    /// Reads the file; false when it has not changed.
    @discardableResult
    private func load() throws -> Bool {
        let bytes = try read()
        guard state.withLock({ $0.bytes != bytes }) else { return false }
        let entries = try Self.parse(String(decoding: bytes, as: UTF8.self), of: path)
        state.withLock { state in
            state = State(
                bytes: bytes, entries: entries, byKey: .init(uniqueKeysWithValues: entries.map { ($0.key, $0) }))
        }
        return true
    }

    private func read() throws -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Fault(.invalidRequest, "the allow-list \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & 0o002 == 0 else {
            throw Fault(.invalidRequest, "every user may write the allow-list \(path); run: chmod o-w \(path)")
        }
        guard status.st_size <= Self.size, let data = FileManager.default.contents(atPath: path),
            data.count <= Self.size
        else { throw Fault(.invalidRequest, "the allow-list \(path) cannot be read or has over \(Self.size) bytes") }
        return Array(data)
    }

    /// Returns the entries of a text. Blank lines, and lines that begin with `# `, are comments; a key may begin with `#`.
    static func parse(_ text: String, of path: String) throws -> [Entry] {
        var entries: [Entry] = []
        var keys: Set<MeshKey> = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0.isWhitespace }
            guard let first = words.first, first != "#" else { continue }
            func refused(_ reason: String) -> Fault { Fault(.invalidRequest, "\(path), line \(number + 1): \(reason)") }
            guard words.count == 3, let key = MeshKey(String(first)) else {
                throw refused("a line is a public key in Z85, a role and a name, with spaces between")
            }
            guard keys.insert(key).inserted else { throw refused("the key is there twice; a key has one role") }
            do {
                entries.append(
                    try Entry(key: key, role: ServiceRole(rawValue: String(words[1])), name: String(words[2])))
            } catch let fault as Fault { throw refused(fault.message) }
        }
        return entries
    }
}
