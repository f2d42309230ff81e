#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A 128-bit identifier of one kind of thing, written as a UUID in lower case. New ones are UUIDv7
/// (RFC 9562): they sort by the millisecond they were made in.
public struct Identifier<Kind>: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    /// The first and the last 64 bits, in the order of the text.
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new UUIDv7 of this moment.
    public static func generate(at time: Timestamp = .now()) -> Self {
        var random = SystemRandomNumberGenerator()
        let high = UInt64(truncatingIfNeeded: time.milliseconds) << 16 | 0x7000 | random.next() & 0x0fff
        return Self(high: high, low: random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    /// Reads the 36 characters of a UUID, in either case; nil for anything else.
    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == 36 else { return nil }
        var values: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in text.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x61 + 10
            case 0x41...0x46: digit = byte - 0x41 + 10
            default: return nil
            }
            if digits < 16 {
                values.0 = values.0 << 4 | UInt64(digit)
            } else {
                values.1 = values.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: values.0, low: values.1)
    }

    public var description: String {
        let hex = Array("0123456789abcdef".utf8)
        var out = [UInt8]()
        out.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { out.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            out.append(hex[Int(word >> UInt64(60 - 4 * (index % 16)) & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = value
    }

    /// The 16 bytes in the order of the text, for a database column.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    /// Reads 16 bytes in the order of the text; nil for another count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

/// Kinds of identifiers; never made, they only keep one kind from being taken for another.
public enum IdentifierKind {
    public enum User {}
    public enum Task {}
    public enum Conversation {}
    public enum Token {}
    public enum Life {}
    public enum Boot {}
    public enum Approval {}
    public enum Answer {}
}

/// An account.
public typealias UserID = Identifier<IdentifierKind.User>
/// A task; minted by the gateway before the first try to submit it.
public typealias TaskID = Identifier<IdentifierKind.Task>
/// A conversation: the tasks that share an agent session.
public typealias ConversationID = Identifier<IdentifierKind.Conversation>
/// An API token (its `jti`).
public typealias TokenID = Identifier<IdentifierKind.Token>
/// One life of a process on the mesh: a restart makes a new one.
public typealias Incarnation = Identifier<IdentifierKind.Life>
/// One life of an executor process.
public typealias BootID = Identifier<IdentifierKind.Boot>
/// A permission request, named by the leader when it is recorded.
public typealias ApprovalID = Identifier<IdentifierKind.Approval>
/// One answer to a permission request, however often it is sent.
public typealias AnswerID = Identifier<IdentifierKind.Answer>

/// What ties the log lines of one request together over all services; 16 bytes, all zero = none.
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    /// The two halves.
    public let value: Identifier<TraceID>

    public init(high: UInt64, low: UInt64) { value = Identifier(high: high, low: low) }

    /// No trace.
    public static let none = TraceID(high: 0, low: 0)

    /// A new random one.
    public static func generate() -> TraceID {
        TraceID(high: .random(in: 1...UInt64.max), low: .random(in: 0...UInt64.max))
    }

    /// 32 hexadecimal digits, as in the W3C `traceparent`.
    public var description: String { value.description.replacing("-", with: "") }
}
