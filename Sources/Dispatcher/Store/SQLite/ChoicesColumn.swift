import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Choices as a column: JSON.
enum ChoicesColumn {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    static func encode(_ choices: Choices) throws -> String {
        String(decoding: try encoder.encode(choices), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> Choices { try decoder.decode(Choices.self, from: Data(text.utf8)) }
}
