import JWTKit
import Messages

/// The claims of a token, with the registered names of RFC 7519.
struct TokenClaims: JWTPayload, Equatable {
    static let issuer = "wegent-gateway"
    static let audience = "wegent"

    /// The user.
    var sub: UserID
    /// The token's id.
    var jti: TokenID
    /// When it was issued, in seconds since 1970.
    var iat: Int64
    /// When it expires, in seconds since 1970; from then on it is refused.
    var exp: Int64
    var iss: String
    var aud: String

    init(_ record: TokenRecord) {
        sub = record.owner
        jti = record.id
        iat = record.createdAt.milliseconds / 1000
        exp = record.expiresAt.milliseconds / 1000
        iss = Self.issuer
        aud = Self.audience
    }

    /// When it expires.
    var expiresAt: Timestamp { Timestamp(milliseconds: exp * 1000) }

    /// JWTKit checks the signature only. Expiry and revocation have codes of their own, and are checked again during a
    /// session (``TokenVerifier/refusal(of:at:)``).
    func verify(using algorithm: some JWTAlgorithm) async throws {
        guard iss == Self.issuer, aud == Self.audience else {
            throw JWTError.claimVerificationFailure(failedClaim: nil, reason: "wrong issuer or audience")
        }
    }
}
