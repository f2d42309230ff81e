import Messages
import NIOCore
import NIOWebSocket

/// What a WebSocket is for: whose it is, and what becomes of its messages. All on the channel's event loop.
protocol SocketGuest: Sendable {
    var rules: SocketRules { get }
    /// Whose it is; nil = that is not known yet.
    var claims: TokenClaims? { get }
    /// Whether it has said who it is, or is being looked at.
    var isKnown: Bool { get }
    /// Since when nothing of what is sent has left; nil = nothing waits.
    var stuckSince: ContinuousClock.Instant? { get }
    /// Takes a message.
    func received(_ message: ByteBuffer)
    /// What is said before the close frame; nil = the close frame says enough.
    func lastWord(_ fault: Fault) -> ByteBuffer?
    /// The connection has ended.
    func ended(_ reason: String)
}

/// The rules of one kind of WebSocket.
struct SocketRules: Sendable {
    /// What messages are: `.binary` or `.text`.
    var messages: WebSocketOpcode
    /// What the other kind is closed with.
    var wrongKind: SessionEnd
    /// What a message that is too large is closed with.
    var tooLarge: SessionEnd
    /// Who does not say who it is within this time, is closed.
    var patience: Duration
    /// … with this.
    var late: SessionEnd
    /// … after this, if ``SocketGuest/lastWord(_:)`` makes words of it.
    var lateFault: Fault
}
