/// A field of a JSON merge patch (RFC 7396).
enum Patch<Value: Decodable & Sendable>: Sendable {
    /// Not in the patch: it stays as it is.
    case absent
    /// `null`: it is removed.
    case clear
    case set(Value)
}

extension Patch: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    /// Decodes a field; an absent one and `null` differ.
    func patch<Value>(_ type: Value.Type, forKey key: Key) throws -> Patch<Value> {
        guard contains(key) else { return .absent }
        return try decodeIfPresent(type, forKey: key).map { .set($0) } ?? .clear
    }
}
