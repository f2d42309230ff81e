import Messages

/// The identity that an end of the mesh sends in its hello.
public struct Identity: Sendable, Hashable {
    public var role: ServiceRole
    /// For logs; at most 200 bytes.
    public var name: String
    /// Identifies this run of the process.
    public var incarnation: Incarnation

    public init(role: ServiceRole, name: String, incarnation: Incarnation = .generate()) {
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
