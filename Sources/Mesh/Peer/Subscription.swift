import Messages
import Synchronization

/// The subscriber's end of a subscription.
public final class Subscription: Sendable {
    let peer: Peer
    let correlation: UInt64
    private let cancelled = Atomic(false)

    // Only touched on the reactor.
    nonisolated(unsafe) private var allowed: Int
    nonisolated(unsafe) private var onItem: (@Sendable ([UInt8]) throws -> Void)?
    nonisolated(unsafe) private var onEnd: (@Sendable (Fault?) -> Void)?

    init(
        peer: Peer, correlation: UInt64, credit: UInt32, onItem: @escaping @Sendable ([UInt8]) throws -> Void,
        onEnd: @escaping @Sendable (Fault?) -> Void
    ) {
        self.peer = peer
        self.correlation = correlation
        allowed = Int(credit)
        self.onItem = onItem
        self.onEnd = onEnd
    }

    /// Allows `items` more.
    public func grant(_ items: UInt32) {
        guard items > 0 else { return }
        peer.home.reactor.perform { [self] in
            guard onItem != nil else { return }
            allowed = min(allowed + Int(items), MeshBounds.credit)
            peer.transmit(Header(.credit, type: "", correlation: correlation, budget: items), [])
        }
    }

    /// Ends it; nothing is called back afterwards.
    public func cancel() {
        guard !cancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        peer.home.reactor.perform { [self] in
            guard onItem != nil else { return }
            leave()
            forget()
        }
    }

    /// Sends the subscription off.
    func open(_ frame: Frame) {
        guard onItem != nil else { return }
        guard peer.isUp else {
            // From the loop: the caller of subscribe does not expect its own callback yet.
            return peer.home.reactor.post { [self] in end(peer.lostFault("it is not there any more")) }
        }
        peer.subscriptions[correlation] = self
        peer.deliver(frame)
    }

    /// Takes the next item.
    func take(_ body: [UInt8]) {
        guard let onItem, !cancelled.load(ordering: .acquiring) else { return }
        guard allowed > 0 else {
            leave()
            return end(Fault(.creditExceeded, "more items came than were allowed"))
        }
        allowed -= 1
        do { try onItem(body) } catch {
            leave()
            end(error as? Fault ?? Fault(.malformed, "an item cannot be read"))
        }
    }

    /// The end, from the other side or because that is gone.
    func end(_ fault: Fault?) {
        let onEnd = onEnd
        forget()
        if !cancelled.load(ordering: .acquiring) { onEnd?(fault) }
    }

    private func leave() {
        if peer.subscriptions.removeValue(forKey: correlation) != nil, peer.isUp {
            peer.transmit(Header(.cancel, type: "", correlation: correlation), [])
        }
    }

    private func forget() {
        onItem = nil
        onEnd = nil
    }
}
