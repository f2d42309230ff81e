import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Output {
    /// Writes a value as one line of JSON to standard output.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        write([UInt8](try encoder.encode(value)) + [0x0a])
    }

    /// Writes a list in the form of the gateway's lists: `{"items":[…],"total":N}`.
    static func json(items: [some Encodable], total: Int) throws { try json(Items(items: items, total: total)) }

    /// Writes a value as ``json(_:)`` does, but leaves out fields that are null. The gateway's replies have them.
    static func jsonWithoutNulls(_ value: some Encodable) throws { try json(try withoutNulls(value)) }

    /// Writes a list as ``json(items:total:)`` does, but leaves out fields that are null.
    static func jsonWithoutNulls(items: [some Encodable], total: Int) throws {
        try json(items: try items.map { try withoutNulls($0) }, total: total)
    }

    private struct Items<Item: Encodable>: Encodable {
        var items: [Item]
        var total: Int
    }

    /// Returns the JSON of a value without fields that are null.
    static func withoutNulls(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)).withoutNulls
    }
}

extension JSONValue {
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let fields): .object(fields.filter { $0.value != .null }.mapValues(\.withoutNulls))
        case .array(let values): .array(values.map(\.withoutNulls))
        default: self
        }
    }
}
