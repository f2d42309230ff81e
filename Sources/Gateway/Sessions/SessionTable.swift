import Mesh
import Messages
import NIOCore
import Synchronization

/// The executors' sessions of this gateway, by their numbers: finds the session that a message of the mesh is for.
/// Callable from any thread.
final class SessionTable: Sendable {
    private let sessions = Mutex<[UInt64: ExecutorSession]>([:])

    /// Holds a session until its connection closes.
    func add(_ session: ExecutorSession) {
        let number = session.number.value
        sessions.withLock { $0[number] = session }
        session.channel.closeFuture.whenComplete { _ in self.sessions.withLock { $0[number] = nil } }
    }

    /// Every session.
    var all: [ExecutorSession] { sessions.withLock { Array($0.values) } }

    /// Hands a dispatcher's message to the session in its header; false = there is none.
    func deliver(_ header: Header, _ body: [UInt8], from leader: Peer) -> Bool {
        guard let session = session(header.session) else { return false }
        session.deliver(header, body, from: leader)
        return true
    }

    /// Closes a session, if it is held here.
    func cut(_ cut: SessionCut) {
        session(cut.session.value)?.close(cut.cause == .deleted ? .deleted : .replaced)
    }

    /// The same, ordered by a dispatcher, which may only cut the sessions that it leads.
    func cut(_ cut: SessionCut, by leader: Peer) { session(cut.session.value)?.cut(.flooding, by: leader) }

    /// Whether a session's executor answers a ping within ``GatewayLimits/probe``; false when the session is not here.
    func isAlive(_ number: SessionNumber) async -> Bool {
        guard let channel = session(number.value)?.channel else { return false }
        let answer = channel.eventLoop.makePromise(of: Bool.self)
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(GatewayLimits.probe)) { answer.succeed(false) }
        defer { timer.cancel() }
        channel.triggerUserOutboundEvent(LivenessProbe(answer: answer)).whenFailure { _ in answer.succeed(false) }
        return (try? await answer.futureResult.get()) ?? false
    }

    private func session(_ number: UInt64) -> ExecutorSession? { sessions.withLock { $0[number] } }
}

extension SessionTable {
    /// Handlers for what the registry and the dispatchers send to sessions.
    var handlers: (registry: Handlers, dispatcher: Handlers) {
        var registry = Handlers()
        registry.onRequest(SessionProbe.self) { probe, _ in
            SessionProbed(alive: await self.isAlive(probe.session))
        }
        registry.onNotice(SessionCut.self) { cut, _ in self.cut(cut) }
        var dispatcher = Handlers()
        dispatcher.onRelay(deliver)
        dispatcher.onNotice(SessionCut.self) { cut, context in self.cut(cut, by: context.peer) }
        return (registry, dispatcher)
    }
}
