import Foundation

/// A JSON value, read by key. A missing field is distinct from `null`.
public enum JSON: Decodable, Sendable, Equatable, CustomStringConvertible {
    case object([String: JSON])
    case array([JSON])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null
    /// The field or element does not exist.
    case missing

    /// - Throws: `DecodingError` when `bytes` are not one JSON value.
    public init(_ bytes: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// The field `key` of an object; `missing` when there is none.
    public subscript(key: String) -> JSON {
        if case .object(let fields) = self { fields[key] ?? .missing } else { .missing }
    }

    /// The element `index` of an array; `missing` when there is none.
    public subscript(index: Int) -> JSON { items.indices.contains(index) ? items[index] : .missing }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var int: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements of an array; empty for anything else.
    public var items: [JSON] { if case .array(let values) = self { values } else { [] } }
    /// The names of an object's fields.
    public var keys: Set<String> { if case .object(let fields) = self { Set(fields.keys) } else { [] } }

    public var description: String {
        switch self {
        case .object(let fields):
            "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        case .array(let items): "[" + items.map(\.description).joined(separator: ",") + "]"
        case .string(let value): "\"\(value)\""
        case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
        case .bool(let value): "\(value)"
        case .null: "null"
        case .missing: "missing"
        }
    }

    /// Returns `text` as a JSON string, quotes included.
    public static func quoted(_ text: String) -> String {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
