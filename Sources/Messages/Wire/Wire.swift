#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Bodies of messages: JSON for control messages, their own bytes for ``BinaryMessage``.
public enum Wire {
    /// The protocol version of this code.
    public static let version: UInt8 = 1
    /// The oldest protocol version that this code understands.
    public static let oldestVersion: UInt8 = 1

    private static let decoder = JSONDecoder()

    /// Returns the body of `message`.
    /// - Throws: ``Fault`` with code `internal` when a value has no JSON form, such as NaN.
    public static func encode<M: Message>(_ message: M) throws -> [UInt8] {
        if let binary = message as? any BinaryMessage { return binary.bytes }
        do { return [UInt8](try JSONEncoder.canonical.encode(message)) } catch {
            throw Fault(.internalError, "a message \(M.type) cannot be encoded: \(error)")
        }
    }

    /// Returns the message in a body, with texts that are too long cut (``TextLimits``).
    /// - Throws: ``Fault`` with code `malformed` that names the type and, where known, the field; `message_too_large` when
    ///   the body is over the limit of its type (``BodyLimits``); `invalid_request` for a text that must not be cut.
    public static func decode<M: Message>(_ type: M.Type, from body: [UInt8]) throws -> M {
        try BodyLimits.check(body.count, M.type)
        if let binary = type as? any BinaryMessage.Type { return try binary.init(bytes: body) as! M }
        let body = try TextBounds.bounded(body, of: M.type)
        do { return try type.read(Data(body), with: decoder) } catch let fault as Fault {
            throw fault
        } catch let error as DecodingError {
            throw Fault(.malformed, "the body of \(M.type) is not valid: \(Self.sentence(error))")
        } catch {
            throw Fault(.malformed, "the body of \(M.type) is not valid")
        }
    }

    /// Describes a decoding error without the value, which may be a prompt or a token.
    public static func sentence(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let keys = (context.codingPath + [last].compactMap { $0 }).map { key in
                key.intValue.map { "[\($0)]" } ?? key.stringValue
            }
            return keys.isEmpty ? "the top level" : "'" + keys.joined(separator: ".") + "'"
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context, key)) is missing"
        case .valueNotFound(_, let context): return "\(path(context)) is null but must have a value"
        case .typeMismatch(let type, let context): return "\(path(context)) must be \(Self.jsonName(type))"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty ? "it is not JSON" : "\(path(context)) has a value that is not allowed"
        @unknown default: return "it cannot be decoded"
        }
    }

    private static func jsonName(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [String: Any].Type: "an object"
        default: String(describing: type).hasPrefix("Dictionary") ? "an object" : "of another type"
        }
    }
}
