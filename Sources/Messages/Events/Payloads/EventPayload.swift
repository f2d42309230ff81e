#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The payload of an event: one JSON object, in the shape of its ``EventKind``.
///
/// A producer writes it with ``JSONWriter``; no service between the executor and the viewer changes it. Readers decode it
/// and ignore fields that they do not know. `Golden/payloads` pins the bytes of each.
public protocol EventPayload: Decodable, Sendable, Equatable {
    /// Appends the payload as one JSON object.
    func write(to out: inout JSONWriter)
}

extension EventPayload {
    /// The payload as it travels in an ``Event``.
    public var bytes: [UInt8] {
        var writer = JSONWriter(reserving: 128)
        write(to: &writer)
        return writer.bytes
    }

    /// Reads an event's payload.
    /// - Throws: `DecodingError`.
    public init(reading payload: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(payload))
    }
}

extension EventBody {
    /// Returns the payload in the shape of its kind; nil when it has another shape.
    public func payload<P: EventPayload>(_ type: P.Type) -> P? { try? P(reading: data.bytes) }
}
