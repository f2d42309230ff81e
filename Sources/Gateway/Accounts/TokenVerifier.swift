import Messages
import Synchronization

/// Says whether a token is good, from memory: signatures that were checked once are remembered, revoked tokens are
/// known by their ids. What other processes revoke comes in through ``addRevoked(_:)``.
final class TokenVerifier: Sendable {
    /// Tokens whose signature is remembered; when full, all are forgotten and checked again. EdDSA takes about
    /// 0.14 ms, which every request of a busy client would pay.
    static let remembered = 4096
    /// No token of ours is longer; a longer one is not worth a signature check.
    static let longest = 2048

    private struct State {
        var checked: [String: TokenClaims] = [:]
        var revoked: Set<TokenID> = []
        var used: [TokenID: Timestamp] = [:]
    }
    private let keys: TokenKeys
    private let state = Mutex(State())

    init(keys: TokenKeys) { self.keys = keys }

    /// The claims of a good token.
    /// - Throws: ``Fault`` `token_invalid`, `token_expired` or `token_revoked`, with where to get a new one.
    func verify(_ token: String) async throws -> TokenClaims {
        let claims = try await checked(token)
        let now = Timestamp.now()
        if let refusal = refusal(of: claims, at: now) { throw refusal }
        state.withLock { $0.used[claims.jti] = now }
        return claims
    }

    /// Why a token that was good is good no longer; nil = it still is.
    func refusal(of claims: TokenClaims, at now: Timestamp = .now()) -> Fault? {
        if now >= claims.expiresAt {
            return Fault(.tokenExpired, "the token expired at \(claims.expiresAt); \(Self.remedy)")
        }
        if state.withLock({ $0.revoked.contains(claims.jti) }) {
            return Fault(.tokenRevoked, "the token \(claims.jti) was revoked; \(Self.remedy)")
        }
        return nil
    }

    /// Where every refusal sends its reader.
    static let remedy = "log in again with 'wegent login' or make a new token with 'wegent token create'"

    /// This process has revoked a token.
    func revoke(_ token: TokenID) { state.withLock { _ = $0.revoked.insert(token) } }

    /// Takes the revoked tokens of the table, which other processes write to as well. Nothing is ever taken out:
    /// a read of the table may be older than a revocation of this process, and none is taken back.
    func addRevoked(_ tokens: Set<TokenID>) { state.withLock { $0.revoked.formUnion(tokens) } }

    /// When tokens were used since the last call.
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
            throw Fault(.tokenInvalid, "the token is not one of this server's; \(Self.remedy)")
        }
        state.withLock { state in
            if state.checked.count >= Self.remembered { state.checked = [:] }
            state.checked[token] = claims
        }
        return claims
    }
}
