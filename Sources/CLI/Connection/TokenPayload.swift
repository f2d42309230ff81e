import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The claims of a token that are readable without the signing key.
enum TokenPayload {
    /// The token's id (`jti`); nil when the text is no JWT with one.
    static func id(of token: String) -> TokenID? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        struct Claims: Decodable { var jti: TokenID }
        guard let data = Data(base64Encoded: String(text)) else { return nil }
        return (try? JSONDecoder().decode(Claims.self, from: data))?.jti
    }
}
