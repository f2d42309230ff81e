import Logging
import Messages

/// A bound ROUTER: the serving end of a registry or dispatcher.
public final class Listener: Sendable {
    /// Binds. `endpoint` is `tcp://HOST:PORT` (`*` or 0 for a free port), `ipc://PATH` or `inproc://NAME`.
    /// - Throws: ``Fault`` that names the endpoint and says what is wrong with it.
    public init(
        _ endpoint: String, identity: Identity, handlers: Handlers, reactor: Reactor, timing: MeshTiming = .init(),
        logger: Logger
    ) async throws { fatalError("contract") }

    /// Where others dial it: the bound endpoint, with the port that was found.
    public var endpoint: String { fatalError("contract") }
    /// The ends that have said hello and are alive.
    public var peers: [Peer] { fatalError("contract") }
    /// The live peer of an incarnation.
    public func peer(_ incarnation: Incarnation) -> Peer? { fatalError("contract") }
    /// Says goodbye to every peer and unbinds.
    public func close() async { fatalError("contract") }
}
