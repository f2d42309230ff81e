import Messages
import Synchronization

/// The subscriber's end of a subscription.
public final class Subscription: Sendable {
    let correlation: UInt64
    private let channel: PeerChannel
    private let isCancelled = Atomic(false)

    // Only touched on the reactor; the closures are nil once it has ended.
    nonisolated(unsafe) private var credit: Int
    nonisolated(unsafe) private var onItem: (@Sendable ([UInt8]) throws -> Void)?
    nonisolated(unsafe) private var onEnd: (@Sendable (Fault?) -> Void)?
    nonisolated(unsafe) private var unregister: (@Sendable () -> Bool)?

    /// - Parameter unregister: Removes it from its peer's table; true if it was there.
    init(
        channel: PeerChannel, correlation: UInt64, credit: UInt32,
        onItem: @escaping @Sendable ([UInt8]) throws -> Void, onEnd: @escaping @Sendable (Fault?) -> Void,
        unregister: @escaping @Sendable () -> Bool
    ) {
        self.channel = channel
        self.correlation = correlation
        self.credit = Int(credit)
        self.onItem = onItem
        self.onEnd = onEnd
        self.unregister = unregister
    }

    /// Grants credit for `items` more.
    public func grant(_ items: UInt32) {
        guard items > 0 else { return }
        channel.reactor.perform { [self] in
            guard isOpen else { return }
            credit = min(credit + Int(items), MeshBounds.credit)
            channel.transmit(Header(.credit, type: "", correlation: correlation, budget: items), [])
        }
    }

    /// Ends the subscription; no callback runs afterwards.
    public func cancel() {
        guard !isCancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        channel.reactor.perform { [self] in
            guard isOpen else { return }
            sendCancel()
            clearCallbacks()
        }
    }

    /// Whether it has neither ended nor been cancelled.
    var isOpen: Bool { onItem != nil }

    /// Receives the next item.
    func receive(_ body: [UInt8]) {
        guard let onItem, !isCancelled.load(ordering: .acquiring) else { return }
        guard credit > 0 else {
            sendCancel()
            return end(Fault(.creditExceeded, "the server sent more items than it had credit for"))
        }
        credit -= 1
        do { try onItem(body) } catch {
            sendCancel()
            end(error as? Fault ?? Fault(.malformed, "an item cannot be read"))
        }
    }

    /// Ends it: the server finished or failed it, or the peer is lost.
    func end(_ fault: Fault?) {
        let onEnd = onEnd
        clearCallbacks()
        if !isCancelled.load(ordering: .acquiring) { onEnd?(fault) }
    }

    private func sendCancel() {
        if unregister?() == true, channel.isUp {
            channel.transmit(Header(.cancel, type: "", correlation: correlation), [])
        }
    }

    private func clearCallbacks() {
        onItem = nil
        onEnd = nil
        unregister = nil
    }
}
