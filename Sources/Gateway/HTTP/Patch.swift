/// A field of a JSON merge patch (RFC 7396).
enum Patch<Value: Decodable & Sendable>: Sendable {
    /// It stays as it is.
    case absent
    /// It was said to be `null`: it is given up.
    case clear
    case set(Value)
}

extension Patch: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    /// Tells a field that is `null` apart from one that is not there.
    func patch<Value>(_ type: Value.Type, forKey key: Key) throws -> Patch<Value> {
        guard contains(key) else { return .absent }
        return try decodeIfPresent(type, forKey: key).map { .set($0) } ?? .clear
    }
}
