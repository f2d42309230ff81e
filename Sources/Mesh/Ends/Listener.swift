import Logging
import Messages
import Synchronization

/// A bound ROUTER: the serving end of a registry or dispatcher.
public final class Listener: Sendable {
    private let core: ListenerCore
    private let reactor: Reactor
    private let directory: PeerDirectory
    /// Where others dial it: the bound endpoint, with the port that was found.
    public let endpoint: String

    /// Binds. `endpoint` is `tcp://HOST:PORT` (`*` or 0 for a free port), `ipc://PATH` or `inproc://NAME`. An address
    /// that is in use is tried again for a second, since its last owner may be about to leave it.
    /// - Throws: ``Fault`` `unavailable` that names the endpoint and says what is wrong with it.
    public init(
        _ endpoint: String, identity: Identity, handlers: Handlers, reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) async throws {
        let directory = PeerDirectory()
        let home = Home(identity: identity, handlers: handlers, reactor: reactor, timing: timing, logger: logger)
        let binding = Binding(endpoint: endpoint, home: home, directory: directory)
        let (core, bound) = try await binding.bind()
        self.core = core
        self.endpoint = bound
        self.directory = directory
        self.reactor = reactor
    }

    /// The ends that have said hello and are alive.
    public var peers: [Peer] { directory.all }

    /// The live peer of an incarnation.
    public func peer(_ incarnation: Incarnation) -> Peer? { directory[incarnation] }

    /// Says goodbye to every peer and unbinds.
    /// - Parameter limit: How long those whose requests are being answered are waited for first: what was done is to be
    ///   told, too.
    public func close(answeringWithin limit: Duration = .zero) async {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, await isAnswering {
            // A cancelled task does not wait.
            do { try await Task.sleep(for: .milliseconds(2)) } catch { break }
        }
        await withCheckedContinuation { continuation in
            let taken = reactor.perform {
                self.core.end(linger: MeshBounds.linger)
                self.reactor.remove(self.core)
                continuation.resume()
            }
            if !taken { continuation.resume() }
        }
    }

    private var isAnswering: Bool {
        get async {
            await withCheckedContinuation { continuation in
                let taken = reactor.perform {
                    continuation.resume(returning: self.core.isAnswering)
                }
                if !taken { continuation.resume(returning: false) }
            }
        }
    }
}
