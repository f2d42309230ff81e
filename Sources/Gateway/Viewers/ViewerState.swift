import Messages
import NIOCore

/// A subscription of a viewer's WebSocket: the viewer's id, and a number that is never used again, so that a later
/// subscription with the same id is another one.
struct ViewerSubscription: Hashable, Sendable {
    var id: String
    var number: UInt64
}

/// The state of a viewer's WebSocket, as a value: its methods take what happened and return what to do.
///
/// new ─▶ verifying ─▶ ready; from then on it has subscriptions, by the ids that the viewer gives them.
struct ViewerState: Sendable {
    /// What the session has to do, in this order.
    enum Action: Equatable, Sendable {
        /// Verify the token; the result goes to ``ViewerState/verified(_:)``.
        case verify(String)
        case send(ViewerMessage)
        /// Stream a task's events from a cursor on.
        case follow(ViewerSubscription, TaskID, after: UInt64)
        /// Watch the viewer's devices.
        case watchDevices(ViewerSubscription)
        /// End the subscription's stream.
        case cancel(ViewerSubscription)
        case close(CloseReason)
    }

    private enum Phase: Sendable {
        case new
        /// With the messages that came meanwhile.
        case verifying([ByteBuffer])
        case ready(TokenClaims)
        case closing
    }
    private var phase = Phase.new
    private var open: [String: UInt64] = [:]
    private var lastNumber: UInt64 = 0

    /// The token's claims, once they are verified.
    var claims: TokenClaims? { if case .ready(let claims) = phase { claims } else { nil } }
    /// Whether a token was given.
    var isIdentified: Bool { if case .new = phase { false } else { true } }

    /// Handles a message.
    mutating func received(_ message: ByteBuffer) -> [Action] {
        switch phase {
        case .new: return authenticate(message)
        case .verifying(let early):
            let bytes = early.reduce(message.readableBytes) { $0 + $1.readableBytes }
            guard early.count < GatewayLimits.viewerEarly, bytes <= GatewayLimits.viewerEarlyBytes else {
                return close(
                    Fault(
                        .rateLimited,
                        "more than \(GatewayLimits.viewerEarly) messages or \(GatewayLimits.viewerEarlyBytes) bytes came "
                            + "before 'ready'; wait for it"), .tooEarly)
            }
            phase = .verifying(early + [message])
            return []
        case .ready: return take(message)
        case .closing: return []
        }
    }

    /// Handles the result of the verification.
    mutating func verified(_ result: Result<(claims: TokenClaims, user: String), Fault>) -> [Action] {
        guard case .verifying(let early) = phase else { return [] }
        switch result {
        case .failure(let fault): return close(fault, .token(fault))
        case .success(let (claims, user)):
            phase = .ready(claims)
            return early.reduce(into: [.send(.ready(user: user))]) { $0 += received($1) }
        }
    }

    /// Handles the end of the connection; later results start nothing.
    mutating func ended() {
        phase = .closing
        open = [:]
    }

    /// Handles the end of a subscription's stream; false = the subscription had ended before.
    mutating func ended(_ subscription: ViewerSubscription) -> Bool {
        guard isOpen(subscription) else { return false }
        open[subscription.id] = nil
        return true
    }

    /// Whether messages may still be sent for a subscription.
    func isOpen(_ subscription: ViewerSubscription) -> Bool { open[subscription.id] == subscription.number }

    private mutating func authenticate(_ message: ByteBuffer) -> [Action] {
        guard case .auth(let token)? = try? ViewerRequest(message) else {
            return close(
                Fault(.tokenMissing, "the first message is the token: {\"type\":\"auth\",\"token\":…}"), .noToken)
        }
        phase = .verifying([])
        return [.verify(token)]
    }

    private mutating func take(_ message: ByteBuffer) -> [Action] {
        do {
            switch try ViewerRequest(message) {
            case .auth: return refuse("the token was given already")
            case .ping: return [.send(.pong)]
            case .task(let id, let task, let after):
                return subscribe(id) { .follow($0, task, after: after) }
            case .devices(let id): return subscribe(id) { .watchDevices($0) }
            case .unsubscribe(let id):
                guard let number = open.removeValue(forKey: id) else {
                    return refuse("no subscription '\(id)' is open")
                }
                return [.cancel(ViewerSubscription(id: id, number: number)), .send(.end(id: id))]
            }
        } catch {
            let invalid = error as? ViewerRequest.Invalid
            // An error with the id of an open subscription would mean that the subscription has ended.
            let id = invalid?.id.flatMap { open[$0] == nil ? $0 : nil }
            return refuse(invalid?.detail ?? "the message cannot be read", id: id)
        }
    }

    private mutating func subscribe(_ id: String, _ action: (ViewerSubscription) -> Action) -> [Action] {
        guard open[id] == nil else { return refuse("a subscription '\(id)' is open already") }
        guard open.count < GatewayLimits.viewerSubscriptions else {
            let limit = GatewayLimits.viewerSubscriptions
            return [.send(.error(id: id, Fault(.rateLimited, "\(limit) subscriptions are open; end some first")))]
        }
        lastNumber += 1
        open[id] = lastNumber
        return [action(ViewerSubscription(id: id, number: lastNumber))]
    }

    private func refuse(_ detail: String, id: String? = nil) -> [Action] {
        [.send(.error(id: id, Fault(.invalidRequest, detail)))]
    }

    private mutating func close(_ fault: Fault, _ reason: CloseReason) -> [Action] {
        phase = .closing
        return [.send(.error(id: nil, fault)), .close(reason)]
    }
}
