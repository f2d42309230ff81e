import Messages
import NIOCore

extension ExecutorSession: SocketGuest {
    var rules: SocketRules {
        SocketRules(
            messages: .binary, wrongKind: .textFrame, tooLarge: .tooLarge, patience: patience,
            late: .notRegistered, lateFault: Fault(.deadlineExceeded, SessionEnd.notRegistered.reason))
    }

    var claims: TokenClaims? { holder }

    /// Its outbound bytes have a bound of their own.
    var stuckSince: ContinuousClock.Instant? { nil }

    /// Its messages are requests and notices: the close frame says why.
    func lastWord(_ fault: Fault) -> ByteBuffer? { nil }
}
