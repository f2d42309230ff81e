import ArgumentParser
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The flags that protect the mesh, of every service on it; include them with `@OptionGroup`.
public struct MeshArguments: ParsableArguments {
    @Option(help: "The file of this service's secret key, for tcp:// (or WEGENT_MESH_KEY); see wegent-registry keygen.")
    public var meshKey: String?

    @Option(
        help: """
            The allow-list: lines of public key, role and name, read again when they change (or WEGENT_MESH_ALLOW).
            """)
    public var meshAllow: String?

    @Flag(help: "Use tcp:// without keys on loopback: every user of this machine may read and command the mesh.")
    public var insecureMesh = false

    @Flag(help: "Use tcp:// without keys anywhere: everybody who reaches a port may read and command the mesh.")
    public var meshOpenToAnyone = false

    public init() {}

    /// The flags' values, else the environment's.
    public struct Values: Sendable, Equatable {
        /// The file of the secret key.
        public var key: String?
        /// The file of the allow-list.
        public var allow: String?
        /// Whether `tcp` without keys is possible on loopback.
        public var isLoopbackPlain: Bool
        /// Whether it is possible everywhere.
        public var isPlain: Bool
    }

    /// Passes the values to `load`. A ``Fault`` of it ends the program as a ``Misconfiguration``.
    public func resolve<T>(_ setting: Setting = .process, _ load: (Values) throws -> T) throws -> T {
        let values = Values(
            key: try setting.value(meshKey, "WEGENT_MESH_KEY"),
            allow: try setting.value(meshAllow, "WEGENT_MESH_ALLOW"),
            isLoopbackPlain: try insecureMesh || setting.value(nil as Int?, "WEGENT_INSECURE_MESH") == 1,
            isPlain: meshOpenToAnyone)
        do { return try load(values) } catch let fault as Fault { throw Misconfiguration(fault) }
    }

    /// Returns the endpoint of a service that names none: a socket in a directory of this user's own, which the service
    /// that binds it makes with mode 0700.
    public static func endpoint(_ service: String, _ setting: Setting = .process) -> String {
        let runtime = setting.environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return "ipc://\(runtime.map { "\($0)/wegent" } ?? "/tmp/wegent-\(geteuid())")/\(service)"
    }
}
