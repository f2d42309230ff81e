#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A value that crosses a wire of the mesh.
///
/// A control message travels as JSON. Fields may be added as optionals, never altered or reused; unknown
/// fields are ignored by the reader.
public protocol Message: Codable, Sendable {
    /// The name on the wire, `domain.verb`, at most 64 bytes of ASCII. Never reused for another meaning.
    static var type: String { get }
    /// Reads a control message's JSON.
    static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self
}

extension Message {
    public static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self {
        try decoder.decode(Self.self, from: body)
    }
}

/// A message with exactly one reply: its ``Reply`` or a ``Fault``.
public protocol Request: Message {
    /// The message of a successful reply.
    associatedtype Reply: Message
}

/// A message that opens a stream of items, in order and within the subscriber's credit.
public protocol Subscribe: Message {
    /// The message of each item.
    associatedtype Item: Message
}

/// A message whose body has a binary layout instead of JSON: the event path.
public protocol BinaryMessage: Message {
    /// The message's body.
    var bytes: [UInt8] { get }
    /// - Throws: ``Fault`` with code `malformed` when the bytes are not of the layout.
    init(bytes: [UInt8]) throws
}

extension BinaryMessage {
    /// Writes the bytes in base64. No wire uses it: it makes a binary message a ``Message``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes))
    }

    /// Reads what ``encode(to:)`` writes.
    public init(from decoder: any Decoder) throws {
        try self.init(bytes: [UInt8](try decoder.singleValueContainer().decode(Data.self)))
    }
}

/// The reply of a request that returns no value.
public struct Done: Message, Equatable {
    public static let type = "done"
    public init() {}
}
