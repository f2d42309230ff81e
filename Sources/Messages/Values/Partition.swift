/// One of 64 partitions of the owners; the partition's leader decides everything of its owners.
public struct Partition: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// How many partitions there are; fixed, since a change would move owners between leaders.
    public static let count = 64
    /// 0 to 63.
    public let number: Int

    public init(number: Int) {
        precondition((0..<Self.count).contains(number))
        self.number = number
    }

    /// FNV-1a (64 bit) of the owner's 16 bytes, modulo ``count``.
    public init(owner: UserID) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in owner.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        number = Int(hash % UInt64(Self.count))
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    public var description: String { String(number) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number = try container.decode(Int.self)
        guard (0..<Self.count).contains(number) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "partitions are 0 to 63")
        }
        self.number = number
    }
}
