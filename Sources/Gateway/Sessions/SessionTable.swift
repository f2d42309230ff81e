import Mesh
import Messages
import NIOCore
import Synchronization

/// All executors' sessions of this gateway, by their numbers and by their devices. Callable from any thread.
final class SessionTable: Sendable {
    private struct Key: Hashable {
        var owner: UserID
        var device: String
    }
    private struct State {
        var sessions: [UInt64: ExecutorSession] = [:]
        var devices: [Key: (session: ExecutorSession, generation: UInt64)] = [:]
        /// The device of each session that has registered.
        var keys: [UInt64: Key] = [:]
    }
    private let state = Mutex(State())

    func add(_ session: ExecutorSession) { state.withLock { $0.sessions[session.number.value] = session } }

    func remove(_ session: ExecutorSession) {
        state.withLock { state in
            state.sessions[session.number.value] = nil
            guard let key = state.keys.removeValue(forKey: session.number.value) else { return }
            if state.devices[key]?.session === session { state.devices[key] = nil }
        }
    }

    /// A session has a device now: an older one of the same device is closed, for its socket may take long to fail.
    func registered(_ session: ExecutorSession, device: String, generation: UInt64) {
        let key = Key(owner: session.holder.sub, device: device)
        let old = state.withLock { state -> ExecutorSession? in
            let old = state.devices[key]
            guard generation >= old?.generation ?? 0 else { return session }
            state.devices[key] = (session, generation)
            state.keys[session.number.value] = key
            return old.map(\.session)
        }
        if let old, old !== session { old.close(.replaced) }
    }

    /// The generation of a device's newest session here; 0 = there is none.
    func generation(of device: String, owner: UserID) -> UInt64 {
        state.withLock { $0.devices[Key(owner: owner, device: device)]?.generation } ?? 0
    }

    /// Ends a session, if it is held here.
    func cut(_ cut: SessionCut) {
        state.withLock { $0.sessions[cut.session.value] }?.close(cut.cause == .deleted ? .deleted : .replaced)
    }

    /// Whether a session's executor answers a ping within `limit`; false when it is not held here.
    func isAlive(_ session: SessionNumber, within limit: Duration = GatewayLimits.probe) async -> Bool {
        guard let channel = state.withLock({ $0.sessions[session.value] })?.channel else { return false }
        let answer = channel.eventLoop.makePromise(of: Bool.self)
        let alarm = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { answer.succeed(false) }
        defer { alarm.cancel() }
        channel.triggerUserOutboundEvent(SocketProbe(answer: answer)).whenFailure { _ in answer.succeed(false) }
        return (try? await answer.futureResult.get()) ?? false
    }

    /// How many there are.
    var count: Int { state.withLock { $0.sessions.count } }

    /// All of them.
    var all: [ExecutorSession] { state.withLock { Array($0.sessions.values) } }

    /// Hands a leader's message to the session it is for; false = there is none.
    func deliver(_ header: Header, _ body: [UInt8], from leader: Peer) -> Bool {
        guard let session = state.withLock({ $0.sessions[header.session] }) else { return false }
        session.deliver(header, body, from: leader)
        return true
    }

    /// Tells all what changed on the mesh.
    func changed(_ change: MeshDirectory.Change) {
        switch change {
        case .leaders: for session in all { session.lookForLeader() }
        case .registry: for session in all { session.registryReturned() }
        }
    }
}
