/// A field of a JSON merge patch (RFC 7396).
public enum Patch<Value: Codable & Sendable>: Sendable {
    /// The field is missing: the value stays as it is.
    case absent
    /// The field is `null`: the value is removed.
    case clear
    /// The new value.
    case set(Value)
}

extension Patch: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    /// Returns the patch of a field: `null` and a missing field differ.
    public func patch<Value>(_ type: Value.Type, forKey key: Key) throws -> Patch<Value> {
        guard contains(key) else { return .absent }
        return try decodeIfPresent(type, forKey: key).map { .set($0) } ?? .clear
    }
}

extension KeyedEncodingContainer {
    /// Writes nothing for ``Patch/absent`` and `null` for ``Patch/clear``.
    public mutating func encode<Value>(_ patch: Patch<Value>, forKey key: Key) throws {
        switch patch {
        case .absent: break
        case .clear: try encodeNil(forKey: key)
        case .set(let value): try encode(value, forKey: key)
        }
    }
}
