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
    static func json(items: [some Encodable], total: Int? = nil) throws {
        try json(Items(items: items, total: total ?? items.count))
    }

    private struct Items<Item: Encodable>: Encodable {
        var items: [Item]
        var total: Int
    }
}
