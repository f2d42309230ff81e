#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Small values as a column of JSON; NULL = none.
enum JSONColumn {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    static func encode(_ value: (some Encodable)?) throws -> String? {
        try value.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    }

    static func decode<Value: Decodable>(_ text: String?) throws -> Value? {
        try text.map { try decoder.decode(Value.self, from: Data($0.utf8)) }
    }
}
