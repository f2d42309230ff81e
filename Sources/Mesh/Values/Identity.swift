import Messages

/// The identity that an end of the mesh sends in its hello; of an end with a key, role and name are those of its key.
public struct Identity: Sendable, Hashable {
    public var role: ServiceRole
    /// For logs; at most 200 bytes.
    public var name: String
    /// Identifies this run of the process.
    public var incarnation: Incarnation
    /// The key that the other end has proved to have; nil for one on this machine. Never sent.
    public internal(set) var key: MeshKey?

    public init(role: ServiceRole, name: String, incarnation: Incarnation = .generate()) {
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
