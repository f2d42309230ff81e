/// The first message on every connection, from the dialling end, also after a reconnect. Nothing else is sent before
/// the reply; an incompatible version is refused with `version_incompatible`.
public struct Hello: Request, Equatable {
    public typealias Reply = HelloReply
    public static let type = "hello"
    /// The oldest protocol version the sender understands.
    public var oldest: UInt8
    /// The newest one.
    public var newest: UInt8
    /// What the sender is.
    public var role: ServiceRole
    /// Its name for people, such as host and process id; at most 200 bytes.
    public var name: String
    /// The sender's incarnation. A new one means that all state of the old one is lost.
    public var incarnation: Incarnation

    public init(oldest: UInt8, newest: UInt8, role: ServiceRole, name: String, incarnation: Incarnation) {
        self.oldest = oldest
        self.newest = newest
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}

/// The reply to ``Hello``: what the dialling end has reached.
public struct HelloReply: Message, Equatable {
    public static let type = "hello.reply"
    /// The version that both will speak: the highest common one.
    public var version: UInt8
    /// What the answering end is.
    public var role: ServiceRole
    /// Its name for people.
    public var name: String
    /// Its incarnation. When it changes behind the same endpoint, the dialling end reconnects.
    public var incarnation: Incarnation

    public init(version: UInt8, role: ServiceRole, name: String, incarnation: Incarnation) {
        self.version = version
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
