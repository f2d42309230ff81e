import Messages

/// A user of the gateway.
public struct User: Sendable, Equatable {
    public var id: UserID
    /// 1 to 64 of `A-Z a-z 0-9 . _ @ -`; unique.
    public var name: String
    public var createdAt: Timestamp

    /// Whether `name` is a valid user name.
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: [UInt8]("._@-".utf8).contains(byte)
                }
            }
    }
}
