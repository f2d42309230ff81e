import Messages
import Synchronization

/// Verifies tokens from memory: signatures are checked once and cached; revoked tokens are known by their ids. Tokens
/// that other processes revoke come in through ``addRevoked(_:)``.
final class TokenVerifier: Sendable {
    /// Cached tokens; when full, the cache is emptied. A check of EdDSA takes about 0.14 ms, which every request of a
    /// busy client would pay.
    static let cached = 4096
    /// Bytes of a token. The gateway issues no longer one, so a longer one is refused without a check.
    static let longest = 2048

    private struct State {
        var checked: [String: TokenClaims] = [:]
        var revoked: Set<TokenID> = []
        var used: [TokenID: Timestamp] = [:]
    }
    private let keys: TokenKeys
    private let state = Mutex(State())

    init(keys: TokenKeys) { self.keys = keys }

    /// Returns the claims of a valid token.
    /// - Throws: ``Fault`` `token_invalid`, `token_expired` or `token_revoked`, with where to get a new one.
    func verify(_ token: String) async throws -> TokenClaims {
        let claims = try await checked(token)
        let now = Timestamp.now()
        if let refusal = refusal(of: claims, at: now) { throw refusal }
        state.withLock { $0.used[claims.jti] = now }
        return claims
    }

    /// Why a token that was valid no longer is; nil = it still is.
    func refusal(of claims: TokenClaims, at now: Timestamp = .now()) -> Fault? {
        if now >= claims.expiresAt {
            return Fault(.tokenExpired, "the token expired at \(claims.expiresAt); \(Self.remedy)")
        }
        if state.withLock({ $0.revoked.contains(claims.jti) }) {
            return Fault(.tokenRevoked, "the token \(claims.jti) was revoked; \(Self.remedy)")
        }
        return nil
    }

    /// How to get a new token; part of every refusal.
    static let remedy = "log in again with 'wegent login' or make a new token with 'wegent token create'"

    /// The refusal of a request without a token.
    static let missingToken = Fault(
        .tokenMissing, "this needs a token in the header 'Authorization: Bearer TOKEN'; \(remedy)")

    /// Records a revocation by this process.
    func revoke(_ token: TokenID) { state.withLock { _ = $0.revoked.insert(token) } }

    /// Adds the revoked tokens of the table, which other processes write too. None is ever removed: the read may be older
    /// than a revocation by this process, and a revocation is final.
    func addRevoked(_ tokens: Set<TokenID>) { state.withLock { $0.revoked.formUnion(tokens) } }

    /// Returns when tokens were used since the last call.
    func takeUsed() -> [TokenID: Timestamp] {
        state.withLock { state in
            defer { state.used = [:] }
            return state.used
        }
    }

    /// When a token was used since the last ``takeUsed()``.
    func used(_ token: TokenID) -> Timestamp? { state.withLock { $0.used[token] } }

    private func checked(_ token: String) async throws -> TokenClaims {
        if let claims = state.withLock({ $0.checked[token] }) { return claims }
        guard token.utf8.count <= Self.longest, let claims = try? await keys.claims(of: token) else {
            throw Fault(.tokenInvalid, "the token was not issued by this server; \(Self.remedy)")
        }
        state.withLock { state in
            if state.checked.count >= Self.cached { state.checked = [:] }
            state.checked[token] = claims
        }
        return claims
    }
}
