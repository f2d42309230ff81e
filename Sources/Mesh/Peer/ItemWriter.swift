import Messages
import Synchronization

/// The serving end of a subscription.
public final class Outlet: Sendable {
    private struct State {
        var credit: Int
        var isClosed = false
    }

    /// Who subscribed.
    public let peer: Peer
    let correlation: UInt64
    private let state: Mutex<State>

    // Only touched on the reactor.
    nonisolated(unsafe) private var creditGiven: (@Sendable () -> Void)?
    nonisolated(unsafe) private var closed: (@Sendable () -> Void)?

    init(peer: Peer, correlation: UInt64, credit: UInt32) {
        self.peer = peer
        self.correlation = correlation
        state = Mutex(State(credit: Int(credit)))
    }

    /// Items that may be sent now. Read it on the reactor.
    public var credit: Int { state.withLock { $0.credit } }

    /// Whether nothing can be sent any more: ended, cancelled or the peer is gone.
    public var isClosed: Bool { state.withLock { $0.isClosed } || !peer.isUp }

    /// Sends the next item and spends one credit; false, and nothing sent, without credit or when closed. An item
    /// over 8 MiB fails the subscription with `message_too_large`.
    public func send<M: Message>(_ item: M) -> Bool {
        guard peer.isUp, spend() else { return false }
        do {
            let body = try Wire.encode(item)
            guard body.count <= MeshBounds.frame else { throw Peer.tooLarge(M.type, body.count) }
            peer.transmit(Header(.item, type: M.type, correlation: correlation), body)
            return true
        } catch {
            fail(error as? Fault ?? Fault(.internalError, "an item could not be encoded"))
            return false
        }
    }

    /// Called on the reactor whenever credit was given; set it before the handler returns.
    public func onCredit(_ body: @escaping @Sendable () -> Void) {
        peer.home.reactor.perform { self.creditGiven = body }
    }

    /// Called on the reactor once, when the subscriber cancelled or died.
    public func onClose(_ body: @escaping @Sendable () -> Void) {
        peer.home.reactor.perform { self.closed = body }
    }

    /// Ends the subscription well.
    public func finish() {
        finish {
            Header(.end, type: "", correlation: $0)
        } body: {
            []
        }
    }

    /// Ends it with a fault.
    public func fail(_ fault: Fault) {
        finish {
            Header(.failure, type: Fault.type, correlation: $0)
        } body: {
            (try? Wire.encode(fault)) ?? []
        }
    }

    private func finish(_ header: (UInt64) -> Header, body: () -> [UInt8]) {
        guard shut() else { return }
        peer.transmit(header(correlation), body())
        peer.home.reactor.perform { [self] in
            if peer.outlets[correlation] === self { peer.outlets[correlation] = nil }
            forget()
        }
    }

    /// The subscriber gives credit.
    func give(_ items: UInt32) {
        state.withLock { $0.credit = min($0.credit + Int(items), MeshBounds.credit) }
        creditGiven?()
    }

    /// The subscriber has cancelled or is gone.
    func close() {
        guard shut() else { return }
        let closed = closed
        forget()
        closed?()
    }

    private func spend() -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.credit > 0 else { return false }
            state.credit -= 1
            return true
        }
    }

    /// True for the first who ends it.
    private func shut() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }

    private func forget() {
        creditGiven = nil
        closed = nil
    }
}
