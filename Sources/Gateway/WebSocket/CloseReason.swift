import Messages
import NIOWebSocket

/// Why the gateway closes a WebSocket: the code and the text of the close frame.
struct CloseReason: Sendable, Equatable {
    var code: UInt16
    /// At most 123 bytes (RFC 6455).
    var reason: String

    /// The gateway stops; the client dials again.
    static let goingAway = CloseReason(code: 1001, reason: "the gateway is stopping")
    static let protocolError = CloseReason(code: 1002, reason: "not valid WebSocket")
    static let textFrame = CloseReason(code: 1003, reason: "messages are binary here")
    static let notRegistered = CloseReason(code: 1008, reason: "no device was registered in time")
    static let tooLarge = CloseReason(code: 1009, reason: "a message has at most \(Limits.webSocketMessage) bytes")
    static let notUTF8 = CloseReason(code: 1007, reason: "a text is not valid UTF-8")
    static let tooLargeUnregistered = CloseReason(
        code: 1009, reason: "before the registration a message has at most \(GatewayLimits.unregisteredMessage) bytes")
    static let binaryFrame = CloseReason(code: 1003, reason: "messages are text here")
    static let tooLargeForViewer = CloseReason(
        code: 1009, reason: "a message has at most \(GatewayLimits.viewerMessage) bytes")
    /// No token came in time, or another message came first.
    static let noToken = CloseReason(code: 4401, reason: "token_missing: the first message is the token")
    /// The bytes that wait for the socket have reached their bound; the client dials again and resumes.
    static let tooSlow = CloseReason(code: 1013, reason: "the connection is too slow for what is sent")
    /// More than ``GatewayLimits/viewerEarly`` messages came before the token was verified.
    static let tooEarly = CloseReason(code: 1008, reason: "too many messages before 'ready'")
    /// A newer session of the same device has taken over.
    static let replaced = CloseReason(code: 4409, reason: "replaced by a newer session of this device")
    /// The registration was deleted; an executor that still runs dials again and registers a new device.
    static let deleted = CloseReason(
        code: 4410, reason: "the device was deleted; dial again to register it as a new device")
    /// The dispatcher has cut the session: the executor ignores stops or its window.
    static let flooding = CloseReason(
        code: 4429, reason: "flooding: the executor ignores stops or its window; update it, or look for what it sends")
    /// - Parameter how: How it breaks RFC 6455, in a few words.
    static func notValid(_ how: String) -> CloseReason {
        CloseReason(code: 1002, reason: "not valid WebSocket: \(how)")
    }
    /// Only logged: a client that is silent gets no close frame.
    static func silent(_ silence: Duration) -> CloseReason {
        CloseReason(code: 1001, reason: "nothing was received for \(silence / .seconds(1)) s")
    }

    /// The token has expired or was revoked; the client must not dial again with it.
    static func token(_ fault: Fault) -> CloseReason {
        CloseReason(code: 4401, reason: "\(fault.code): get a new token with 'wegent token create'")
    }
}
