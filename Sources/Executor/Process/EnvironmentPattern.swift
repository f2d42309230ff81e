/// Environment variables by name: `NAME`, or `PREFIX*` for all whose name begins so.
public struct EnvironmentPattern: Hashable, Sendable {
    /// As it is written.
    public let text: String

    /// - Returns: nil for text that is neither a name nor a prefix followed by `*`. A name has `A-Z a-z 0-9 _` and
    ///   does not begin with a digit.
    public init?(_ text: String) {
        let name = text.hasSuffix("*") ? text.dropLast() : text[...]
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20) || byte == UInt8(ascii: "_")
        }
        guard isName, text != "", !(name.utf8.first.map { (0x30...0x39).contains($0) } ?? false) else { return nil }
        self.text = text
    }

    /// Returns whether it covers a variable.
    public func matches(_ name: String) -> Bool {
        text.hasSuffix("*") ? name.hasPrefix(text.dropLast()) : name == text
    }

    /// Returns the patterns of a text that separates them by commas or white space.
    /// - Throws: the first part that is none, as an ``EnvironmentPatternError``.
    public static func list(_ text: String) throws -> [EnvironmentPattern] {
        try text.split { $0 == "," || $0.isWhitespace }.map { part in
            guard let pattern = EnvironmentPattern(String(part)) else {
                throw EnvironmentPatternError(text: String(part.prefix(100)))
            }
            return pattern
        }
    }
}

/// A text that is no ``EnvironmentPattern``.
public struct EnvironmentPatternError: Error {
    public let text: String
}

extension EnvironmentPattern: ExpressibleByStringLiteral {
    /// For names in the source.
    public init(stringLiteral text: String) { self.text = text }
}
