/// The answer to ``Hello``: who the dialler has reached.
public struct HelloReply: Message, Equatable {
    public static let type = "hello.reply"
    /// The version that both will speak: the highest common one.
    public var version: UInt8
    /// What the answering end is.
    public var role: ServiceRole
    /// Its name for people.
    public var name: String
    /// Its life. When it changes behind the same endpoint, the dialler starts afresh.
    public var incarnation: Incarnation

    public init(version: UInt8, role: ServiceRole, name: String, incarnation: Incarnation) {
        self.version = version
        self.role = role
        self.name = name
        self.incarnation = incarnation
    }
}
