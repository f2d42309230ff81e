import Messages

/// Who an end of the mesh is.
public struct Identity: Sendable, Hashable {
    public var role: ServiceRole
    /// For people; at most 200 bytes.
    public var name: String
    /// This life.
    public var incarnation: Incarnation

    public init(role: ServiceRole, name: String, incarnation: Incarnation = .generate()) {
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
