import Messages
import NIOCore
import NIOWebSocket

/// What a WebSocket is used for: an executor or a viewer. Called on the channel's event loop only.
protocol WebSocketSession: Sendable {
    /// Fixed for the session.
    var rules: WebSocketRules { get }
    /// The claims of its token; nil = not verified yet.
    var claims: TokenClaims? { get }
    /// Whether the client has identified itself, or its identification is being verified.
    var isIdentified: Bool { get }
    /// Whether messages may have their full length.
    var isRegistered: Bool { get }
    /// Since when no outbound byte has left; nil = none waits.
    var stuckSince: ContinuousClock.Instant? { get }
    /// Handles a message.
    func received(_ message: ByteBuffer)
    /// The message to send before the close frame; nil = the close frame is enough.
    func closingMessage(_ fault: Fault) -> ByteBuffer?
    /// Handles the end of the connection.
    func ended(_ reason: String)
}

/// The rules of one kind of WebSocket.
struct WebSocketRules: Sendable {
    /// The opcode of messages: `.binary` or `.text`.
    var messages: WebSocketOpcode
    /// Closes a connection that sends the other opcode.
    var wrongKind: CloseReason
    /// Closes a connection that sends a message over the limit.
    var tooLarge: CloseReason
    /// Closes a connection that does so before it has registered.
    var tooLargeUnregistered: CloseReason
    /// The client must identify itself within this time.
    var timeout: Duration
    /// Closes a connection that does not, after ``lateFault`` as ``WebSocketSession/closingMessage(_:)``.
    var late: CloseReason
    var lateFault: Fault
}
