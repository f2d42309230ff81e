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
    /// A control message's JSON, read.
    static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self
}

extension Message {
    public static func read(_ body: Data, with decoder: JSONDecoder) throws -> Self {
        try decoder.decode(Self.self, from: body)
    }
}

/// A message that is answered by exactly one reply or one ``Fault``.
public protocol Request: Message {
    /// What a successful answer carries.
    associatedtype Reply: Message
}

/// A message that is answered by a sequence of items, in order, as far as the subscriber gives credit.
public protocol Subscribe: Message {
    /// What each item carries.
    associatedtype Item: Message
}

/// A message whose body is bytes of its own layout instead of JSON: the event path.
public protocol BinaryMessage: Message {
    /// The body as it travels.
    var bytes: [UInt8] { get }
    /// - Throws: ``Fault`` with code `malformed` when the bytes are not of the layout.
    init(bytes: [UInt8]) throws
}

extension BinaryMessage {
    /// The bytes in base64; nothing on a wire uses it, it lets a binary message appear where any message may.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes))
    }

    /// The opposite of ``encode(to:)``.
    public init(from decoder: any Decoder) throws {
        try self.init(bytes: [UInt8](try decoder.singleValueContainer().decode(Data.self)))
    }
}

/// The answer to a request that has nothing to say but that it was done.
public struct Done: Message, Equatable {
    public static let type = "done"
    public init() {}
}
