import Messages
import NIOCore

/// The life of a viewer's WebSocket as a value: told what came, it says what to do.
///
/// new ─▶ verifying ─▶ ready, and from then on subscriptions by the ids that the viewer gives them.
struct ViewerState: Sendable {
    /// A subscription: the viewer's id, and a number that is never used again, so that what is still under way for one
    /// that has ended is told from its successor's.
    struct Subscription: Hashable, Sendable {
        var id: String
        var number: UInt64
    }

    /// What its carrier has to do, in this order.
    enum Action: Equatable, Sendable {
        /// Look at the token, and tell ``ViewerState/verified(_:)``.
        case verify(String)
        case say(ViewerWord)
        case follow(Subscription, TaskID, after: UInt64)
        case watch(Subscription)
        /// End what runs for it.
        case cancel(Subscription)
        case close(SessionEnd)
    }

    private enum Phase: Sendable {
        case new
        /// With what came meanwhile.
        case verifying([ByteBuffer])
        case ready(TokenClaims)
        case closing
    }
    private var phase = Phase.new
    private var open: [String: UInt64] = [:]
    private var last: UInt64 = 0

    /// Whose it is, once that is known.
    var claims: TokenClaims? { if case .ready(let claims) = phase { claims } else { nil } }
    /// Whether a token was given.
    var isKnown: Bool { if case .new = phase { false } else { true } }

    /// Takes a message.
    mutating func received(_ message: ByteBuffer) -> [Action] {
        switch phase {
        case .new: return first(message)
        case .verifying(let early):
            guard early.count < GatewayLimits.viewerEarly else {
                return close(Fault(.rateLimited, "wait for 'ready' before so much is asked"), .tooEager)
            }
            phase = .verifying(early + [message])
            return []
        case .ready: return take(message)
        case .closing: return []
        }
    }

    /// The token was looked at.
    mutating func verified(_ result: Result<(claims: TokenClaims, user: String), Fault>) -> [Action] {
        guard case .verifying(let early) = phase else { return [] }
        switch result {
        case .failure(let fault): return close(fault, .token(fault))
        case .success(let (claims, user)):
            phase = .ready(claims)
            return early.reduce(into: [.say(.ready(user: user))]) { $0 += received($1) }
        }
    }

    /// The connection has ended: nothing that comes late begins anything.
    mutating func ended() {
        phase = .closing
        open = [:]
    }

    /// What ran for a subscription is over; false = it has been ended before.
    mutating func ended(_ subscription: Subscription) -> Bool {
        guard isOpen(subscription) else { return false }
        open[subscription.id] = nil
        return true
    }

    /// Whether anything may still be sent for it.
    func isOpen(_ subscription: Subscription) -> Bool { open[subscription.id] == subscription.number }

    private mutating func first(_ message: ByteBuffer) -> [Action] {
        guard case .auth(let token)? = try? ViewerAsk(message) else {
            return close(
                Fault(.tokenMissing, "the first message is the token: {\"type\":\"auth\",\"token\":…}"), .noToken)
        }
        phase = .verifying([])
        return [.verify(token)]
    }

    private mutating func take(_ message: ByteBuffer) -> [Action] {
        do {
            switch try ViewerAsk(message) {
            case .auth: return refuse("the token was given already")
            case .ping: return [.say(.pong)]
            case .task(let id, let task, let after):
                return subscribe(id) { .follow($0, task, after: after) }
            case .devices(let id): return subscribe(id) { .watch($0) }
            case .unsubscribe(let id):
                guard let number = open.removeValue(forKey: id) else {
                    return refuse("no subscription '\(id)' is open")
                }
                return [.cancel(Subscription(id: id, number: number)), .say(.end(id: id))]
            }
        } catch {
            let refusal = error as? ViewerAsk.Refusal
            // With the id of one that is open it would look as if that had ended.
            let id = refusal?.id.flatMap { open[$0] == nil ? $0 : nil }
            return refuse(refusal?.detail ?? "the message cannot be read", id: id)
        }
    }

    private mutating func subscribe(_ id: String, _ action: (Subscription) -> Action) -> [Action] {
        guard open[id] == nil else { return refuse("a subscription '\(id)' is open already") }
        guard open.count < GatewayLimits.viewerSubscriptions else {
            let most = GatewayLimits.viewerSubscriptions
            return [.say(.error(id: id, Fault(.rateLimited, "\(most) subscriptions are open; end some first")))]
        }
        last += 1
        open[id] = last
        return [action(Subscription(id: id, number: last))]
    }

    private func refuse(_ detail: String, id: String? = nil) -> [Action] {
        [.say(.error(id: id, Fault(.invalidRequest, detail)))]
    }

    private mutating func close(_ fault: Fault, _ end: SessionEnd) -> [Action] {
        phase = .closing
        return [.say(.error(id: nil, fault)), .close(end)]
    }
}
