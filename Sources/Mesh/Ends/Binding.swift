import CZeroMQ
import Messages

/// Opens the socket of a listener.
struct Binding: Sendable {
    let endpoint: String
    let end: LocalEnd
    let directory: PeerDirectory

    /// Binds, retrying for ``MeshBounds/bindTimeout`` while the address is in use.
    /// - Throws: ``Fault`` `unavailable`.
    func bind() async throws -> (ListenerCore, String) {
        let timeout = ContinuousClock.now + MeshBounds.bindTimeout
        while true {
            switch await attempt() {
            case .bound(let core, let endpoint): return (core, endpoint)
            case .inUse where ContinuousClock.now < timeout: try await Task.sleep(for: .milliseconds(20))
            case .inUse: throw Fault(.unavailable, "cannot listen on \(endpoint): the address is in use")
            case .failed(let fault): throw fault
            }
        }
    }

    private enum Outcome: Sendable {
        case bound(ListenerCore, endpoint: String)
        case inUse
        case failed(Fault)
    }

    private func attempt() async -> Outcome {
        await withCheckedContinuation { continuation in
            if !end.reactor.perform({ continuation.resume(returning: self.open()) }) {
                continuation.resume(returning: .failed(Fault(.unavailable, "the reactor has stopped")))
            }
        }
    }

    /// Opens and binds the socket; on the reactor.
    private func open() -> Outcome {
        do {
            let protection = try end.reactor.security.protection(of: endpoint, binding: true)
            let socket = try Socket(ZMQ_ROUTER, in: end.reactor.context)
            socket.set(ZMQ_ROUTER_MANDATORY, 1)
            var allowed: AllowList?
            if case .curve(let pair, let list) = protection {
                try end.reactor.secure(socket, pair, list, logger: end.logger)
                allowed = list
            }
            guard zmq_bind(socket.pointer, endpoint) == 0 else {
                let outcome = bindFailure()
                socket.close(linger: .zero)
                return outcome
            }
            if endpoint.hasPrefix("ipc://") { try SocketDirectory(endpoint).closeSocket() }
            let core = ListenerCore(end: end, socket: socket, allowed: allowed, directory: directory)
            end.reactor.add(core)
            return .bound(core, endpoint: socket.lastEndpoint)
        } catch {
            return .failed(error as? Fault ?? Fault(.unavailable, "cannot listen on \(endpoint)"))
        }
    }

    private func bindFailure() -> Outcome {
        let reason: String
        switch zmq_errno() {
        case EADDRINUSE: return .inUse
        case ENODEV: reason = "no interface of this machine has this address; use an IP address or *"
        default: reason = Socket.reason()
        }
        return .failed(Fault(.unavailable, "cannot listen on \(endpoint): \(reason)"))
    }
}
