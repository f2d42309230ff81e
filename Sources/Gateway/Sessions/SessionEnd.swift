import Messages
import NIOWebSocket

/// Why the gateway closes an executor's WebSocket: the close frame's code and words.
struct SessionEnd: Sendable, Equatable {
    var code: UInt16
    /// At most 123 bytes (RFC 6455).
    var reason: String

    /// The gateway stops; dial again.
    static let goingAway = SessionEnd(code: 1001, reason: "the gateway is stopping")
    static let protocolError = SessionEnd(code: 1002, reason: "not valid WebSocket")
    static let textFrame = SessionEnd(code: 1003, reason: "messages are binary here")
    static let notRegistered = SessionEnd(code: 1008, reason: "no device was registered in time")
    static let tooLarge = SessionEnd(code: 1009, reason: "a message has at most \(Limits.webSocketMessage) bytes")
    static let binaryFrame = SessionEnd(code: 1003, reason: "messages are text here")
    static let tooLargeForViewer = SessionEnd(
        code: 1009, reason: "a message has at most \(GatewayLimits.viewerMessage) bytes")
    /// No token came in time, or something else came first.
    static let noToken = SessionEnd(code: 4401, reason: "token_missing: the first message is the token")
    /// What waits for the socket has reached its bound; dial again and resume.
    static let tooSlow = SessionEnd(code: 1013, reason: "the connection is too slow for what is sent")
    /// More was asked than there is patience for before the token was looked at.
    static let tooEager = SessionEnd(code: 1008, reason: "wait for 'ready' before so much is asked")
    /// A newer session of the same device has taken over.
    static let replaced = SessionEnd(code: 4409, reason: "replaced by a newer session of this device")
    /// The registration was deleted: an executor that still runs dials again and is a new device.
    static let deleted = SessionEnd(code: 4410, reason: "the device was deleted; it is registered anew when it dials")
    /// Not sent, there is nobody to read it.
    static func silent(_ silence: Duration) -> SessionEnd {
        SessionEnd(code: 1001, reason: "nothing was heard for \(silence / .seconds(1)) s")
    }

    /// The token has ended: get a new one, do not dial again with this one.
    static func token(_ fault: Fault) -> SessionEnd {
        SessionEnd(code: 4401, reason: "\(fault.code): get a new token with 'wegent token create'")
    }
}
