import JWTKit
import Messages

/// What a token says, in the registered names of RFC 7519.
struct TokenClaims: JWTPayload, Equatable {
    static let issuer = "wegent-gateway"
    static let audience = "wegent"

    /// Whose it is.
    var sub: UserID
    /// Which it is.
    var jti: TokenID
    /// Seconds since 1970.
    var iat: Int64
    /// Seconds since 1970; from then on it is refused.
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

    /// When it ends.
    var expiresAt: Timestamp { Timestamp(milliseconds: exp * 1000) }

    /// The signature is all that JWTKit has to check: expiry and revocation have codes of their own, and are
    /// asked again while a session lasts (``TokenVerifier/refusal(of:at:)``).
    func verify(using algorithm: some JWTAlgorithm) async throws {
        guard iss == Self.issuer, aud == Self.audience else {
            throw JWTError.claimVerificationFailure(failedClaim: nil, reason: "issued for somebody else")
        }
    }
}
