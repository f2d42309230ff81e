import Logging
import Messages
import Synchronization

/// A bound ROUTER: the end of a registry or dispatcher that other services dial.
public final class Listener: Sendable {
    private let core: ListenerCore
    private let reactor: Reactor
    private let directory: PeerDirectory
    /// The bound endpoint to dial, with its actual port.
    public let endpoint: String

    /// Binds. `endpoint` is `tcp://HOST:PORT` (`*` or 0 for a free port), `ipc://PATH` or `inproc://NAME`. While the
    /// address is in use the bind is retried for a second, since the process that holds it may be exiting.
    /// - Throws: ``Fault`` `unavailable` with the endpoint and the reason.
    public init(
        _ endpoint: String, identity: Identity, handlers: Handlers, reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) async throws {
        let directory = PeerDirectory()
        let end = LocalEnd(identity: identity, handlers: handlers, reactor: reactor, timing: timing, logger: logger)
        let binding = Binding(endpoint: endpoint, end: end, directory: directory)
        let (core, bound) = try await binding.bind()
        self.core = core
        self.endpoint = bound
        self.directory = directory
        self.reactor = reactor
    }

    /// The connected peers.
    public var peers: [Peer] { directory.all }

    /// The connected peer of an incarnation.
    public func peer(_ incarnation: Incarnation) -> Peer? { directory[incarnation] }

    /// Sends a bye to every peer and unbinds.
    /// - Parameter limit: How long to wait first for the replies to requests in progress.
    public func close(answeringWithin limit: Duration = .zero) async {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, await isAnswering {
            // A cancelled task does not wait.
            do { try await Task.sleep(for: .milliseconds(2)) } catch { break }
        }
        await withCheckedContinuation { continuation in
            let isPosted = reactor.perform {
                self.core.close(linger: MeshBounds.linger)
                self.reactor.remove(self.core)
                continuation.resume()
            }
            if !isPosted { continuation.resume() }
        }
    }

    private var isAnswering: Bool {
        get async {
            await withCheckedContinuation { continuation in
                let isPosted = reactor.perform {
                    continuation.resume(returning: self.core.isAnswering)
                }
                if !isPosted { continuation.resume(returning: false) }
            }
        }
    }
}
