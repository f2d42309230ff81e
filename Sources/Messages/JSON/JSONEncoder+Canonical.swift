#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JSONEncoder {
    /// The encoder of every JSON text that is not on a hot path: keys sorted, slashes unescaped. Equal values have equal
    /// bytes, which digests rely on.
    public static let canonical: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
}
