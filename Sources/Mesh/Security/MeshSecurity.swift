import Logging
import Messages

/// How the sockets of a reactor are protected: `tcp` by CURVE with the keys of an allow-list, `ipc` by the file system,
/// `inproc` by being in one process.
public struct MeshSecurity: Sendable {
    /// Where `tcp` without keys is possible.
    public enum Plain: Sendable {
        case nowhere
        /// Between processes of this machine: every user of it may take part in the mesh.
        case loopback
        /// Whoever reaches the port can read every message and act in every role.
        case anywhere
    }

    /// The protection of one endpoint.
    enum Protection: Sendable {
        /// By the process or the file system.
        case local
        case curve(MeshKeyPair, AllowList)
        case none
    }

    private let keys: (pair: MeshKeyPair, allowed: AllowList)?
    private let plain: Plain

    /// `ipc` and `inproc` only.
    public static let local = MeshSecurity(plain: .nowhere)
    /// Also `tcp` without keys on this machine.
    public static let insecureLoopback = MeshSecurity(plain: .loopback)

    public init(plain: Plain) {
        keys = nil
        self.plain = plain
    }

    public init(_ pair: MeshKeyPair, allowed: AllowList) {
        keys = (pair, allowed)
        plain = .nowhere
    }

    /// Loads the keys of a service that plays `role`, and logs what is not protected.
    /// - Parameters:
    ///   - key: The file of the secret key.
    ///   - allow: The file of the allow-list; both files or none.
    ///   - plain: Where `tcp` without keys is possible; with keys, every `tcp` socket uses them.
    /// - Throws: ``Fault`` `invalid_request` that names the file and what to do.
    public static func load(
        key: String?, allow: String?, plain: Plain, role: ServiceRole, logger: Logger
    ) throws -> MeshSecurity {
        guard let key, let allow else {
            guard key == nil, allow == nil else {
                throw Fault(.invalidRequest, "--mesh-key and --mesh-allow belong together; give both or none")
            }
            warn(plain, logger)
            return MeshSecurity(plain: plain)
        }
        let pair = try MeshKeyPair.load(key)
        let allowed = try AllowList(allow, logger: logger)
        if let own = allowed.entry(pair.publicKey), own.role != role {
            throw Fault(.invalidRequest, "\(allow) allows the key \(key) to be a \(own.role), and this is a \(role)")
        }
        return MeshSecurity(pair, allowed: allowed)
    }

    private static func warn(_ plain: Plain, _ logger: Logger) {
        switch plain {
        case .nowhere: break
        case .loopback:
            logger.warning(
                "tcp:// of the mesh is not protected on loopback: every user of this machine may read and command all of it"
            )
        case .anywhere:
            logger.warning(
                "tcp:// of the mesh is not protected: everybody who reaches a port may read and command all of it")
        }
    }

    /// Checks that an endpoint may be used.
    /// - Throws: ``Fault`` `invalid_request` that names the endpoint and what to do.
    public func check(_ endpoint: String) throws { _ = try protection(of: endpoint) }

    /// Returns how an endpoint is protected. Makes the directory of an `ipc` endpoint to bind when it is missing.
    /// - Throws: as ``check(_:)``.
    func protection(of endpoint: String, binding: Bool = false) throws -> Protection {
        if endpoint.hasPrefix("inproc://") { return .local }
        if endpoint.hasPrefix("ipc://") {
            try SocketDirectory(endpoint).check(make: binding)
            return .local
        }
        guard endpoint.hasPrefix("tcp://"), !endpoint.contains(";") else {
            throw Fault(.invalidRequest, "'\(endpoint)' is no endpoint; use ipc://PATH or tcp://HOST:PORT")
        }
        if let keys { return .curve(keys.pair, keys.allowed) }
        switch plain {
        case .anywhere: return .none
        case .loopback where Self.isLoopback(endpoint): return .none
        case .loopback:
            throw Fault(
                .invalidRequest,
                "\(endpoint) is beyond loopback and has no keys; give --mesh-key and --mesh-allow "
                    + "(wegent-registry keygen makes keys)")
        case .nowhere:
            throw Fault(
                .invalidRequest,
                "\(endpoint) has no keys; use ipc://PATH on one machine, or give --mesh-key and --mesh-allow "
                    + "(wegent-registry keygen makes keys)")
        }
    }

    /// Whether a `tcp` endpoint is an address of the loopback interface, or the name `localhost`.
    static func isLoopback(_ endpoint: String) -> Bool {
        let address = endpoint.dropFirst("tcp://".count)
        let host = address[..<(address.lastIndex(of: ":") ?? address.endIndex)]
        return host == "localhost" || host == "[::1]" || host.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
    }
}
