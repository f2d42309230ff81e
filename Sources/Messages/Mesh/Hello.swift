/// The first message on every connection, from the dialling end; repeated after every fresh start.
/// Until it is answered nothing else is sent; an incompatible version is refused with `version_incompatible`.
public struct Hello: Request, Equatable {
    public typealias Reply = HelloReply
    public static let type = "hello"
    /// The oldest protocol version the sender understands.
    public var oldest: UInt8
    /// The newest one.
    public var newest: UInt8
    /// What the sender is.
    public var role: ServiceRole
    /// Its name for people: host and process id, say; at most 200 bytes.
    public var name: String
    /// The sender's life. A new one means that everything of the old one is lost.
    public var incarnation: Incarnation

    public init(oldest: UInt8, newest: UInt8, role: ServiceRole, name: String, incarnation: Incarnation) {
        self.oldest = oldest
        self.newest = newest
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
