import Messages
import Synchronization

/// The server's end of a subscription.
public final class ItemWriter: Sendable {
    private struct State {
        var credit: Int
        var isClosed = false
    }

    let correlation: UInt64
    private let channel: PeerChannel
    private let state: Mutex<State>

    // Used only on the reactor; nil once the subscription has ended.
    nonisolated(unsafe) private var creditHandler: (@Sendable () -> Void)?
    nonisolated(unsafe) private var closeHandler: (@Sendable () -> Void)?
    nonisolated(unsafe) private var unregister: (@Sendable (ItemWriter) -> Void)?

    /// - Parameter unregister: Removes the writer from its peer's table; called on the reactor.
    init(
        channel: PeerChannel, correlation: UInt64, credit: UInt32,
        unregister: @escaping @Sendable (ItemWriter) -> Void
    ) {
        self.channel = channel
        self.correlation = correlation
        self.unregister = unregister
        state = Mutex(State(credit: Int(credit)))
    }

    /// Items that may be sent now. Read it on the reactor.
    public var credit: Int { state.withLock { $0.credit } }

    /// Whether nothing can be sent any more: finished, cancelled or the peer is lost.
    public var isClosed: Bool { state.withLock { $0.isClosed } || !channel.isUp }

    /// Sends the next item and spends one credit. Returns false and sends nothing without credit or when closed. An
    /// item over 8 MiB fails the subscription with `message_too_large`.
    public func send<M: Message>(_ item: M) -> Bool {
        guard channel.isUp, spendCredit() else { return false }
        do {
            let body = try Wire.encode(item)
            guard body.count <= MeshBounds.frame else { throw Fault.tooLarge(M.type, bytes: body.count) }
            channel.transmit(Header(.item, type: M.type, correlation: correlation), body)
            return true
        } catch {
            fail(error as? Fault ?? Fault(.internalError, "an item could not be encoded"))
            return false
        }
    }

    /// Sets the closure that is called on the reactor whenever credit is granted; set it before the handler returns.
    public func onCredit(_ body: @escaping @Sendable () -> Void) {
        channel.reactor.perform { self.creditHandler = body }
    }

    /// Sets the closure that is called on the reactor once, when the subscriber has cancelled or is lost.
    public func onClose(_ body: @escaping @Sendable () -> Void) {
        channel.reactor.perform { self.closeHandler = body }
    }

    /// Ends the subscription successfully.
    public func finish() {
        finish {
            Header(.end, type: "", correlation: $0)
        } body: {
            []
        }
    }

    /// Ends the subscription with a fault.
    public func fail(_ fault: Fault) {
        finish {
            Header(.failure, type: Fault.type, correlation: $0)
        } body: {
            (try? Wire.encode(fault)) ?? []
        }
    }

    private func finish(_ header: (UInt64) -> Header, body: () -> [UInt8]) {
        guard markClosed() else { return }
        channel.transmit(header(correlation), body())
        channel.reactor.perform { [self] in
            unregister?(self)
            clearCallbacks()
        }
    }

    /// Adds the credit that the subscriber granted; on the reactor.
    func addCredit(_ items: UInt32) {
        state.withLock { $0.credit = min($0.credit + Int(items), MeshBounds.credit) }
        creditHandler?()
    }

    /// Closes the subscription because the subscriber has cancelled or is lost; on the reactor.
    func close() {
        guard markClosed() else { return }
        let closeHandler = closeHandler
        clearCallbacks()
        closeHandler?()
    }

    private func spendCredit() -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.credit > 0 else { return false }
            state.credit -= 1
            return true
        }
    }

    /// Returns true to the first caller only.
    private func markClosed() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }

    private func clearCallbacks() {
        creditHandler = nil
        closeHandler = nil
        unregister = nil
    }
}
