import CZeroMQ
import Messages

/// The opening of a listener's socket.
struct Binding: Sendable {
    let endpoint: String
    let home: Home
    let directory: PeerDirectory

    /// Binds, again and again for ``MeshBounds/bindPatience`` while the address is in use.
    /// - Throws: ``Fault`` `unavailable`.
    func bind() async throws -> (ListenerCore, String) {
        let giveUp = ContinuousClock.now + MeshBounds.bindPatience
        while true {
            switch await attempt() {
            case .bound(let listener): return (listener.core, listener.endpoint)
            case .inUse where ContinuousClock.now < giveUp: try await Task.sleep(for: .milliseconds(20))
            case .inUse: throw Fault(.unavailable, "cannot listen on \(endpoint): the address is in use")
            case .failed(let fault): throw fault
            }
        }
    }

    private enum Outcome: Sendable {
        case bound(Bound)
        case inUse
        case failed(Fault)
    }

    private struct Bound: Sendable {
        let core: ListenerCore
        let endpoint: String
    }

    private func attempt() async -> Outcome {
        await withCheckedContinuation { continuation in
            if !home.reactor.perform({ continuation.resume(returning: self.open()) }) {
                continuation.resume(returning: .failed(Fault(.unavailable, "the reactor has ended")))
            }
        }
    }

    /// On the reactor.
    private func open() -> Outcome {
        do {
            let socket = try Socket(ZMQ_ROUTER, reactor: home.reactor)
            socket.set(ZMQ_ROUTER_MANDATORY, 1)
            guard zmq_bind(socket.pointer, endpoint) == 0 else {
                let outcome = refusal()
                socket.close(linger: .zero)
                return outcome
            }
            let core = ListenerCore(home: home, socket: socket, directory: directory)
            home.reactor.add(core)
            return .bound(Bound(core: core, endpoint: socket.lastEndpoint))
        } catch {
            return .failed(error as? Fault ?? Fault(.unavailable, "cannot listen on \(endpoint)"))
        }
    }

    private func refusal() -> Outcome {
        let reason: String
        switch zmq_errno() {
        case EADDRINUSE: return .inUse
        case ENODEV: reason = "no interface of this machine has this address; use an IP address or *"
        default: reason = Socket.reason()
        }
        return .failed(Fault(.unavailable, "cannot listen on \(endpoint): \(reason)"))
    }
}
