import Metrics
import Synchronization

/// All viewers' WebSockets of this gateway. Callable from any thread.
final class ViewerTable: Sendable {
    private let sessions = Mutex<[ObjectIdentifier: ViewerSession]>([:])
    private let gauge = Gauge(label: "gateway_viewers")

    func add(_ session: ViewerSession) { change { $0[ObjectIdentifier(session)] = session } }

    func remove(_ session: ViewerSession) { change { $0[ObjectIdentifier(session)] = nil } }

    /// All of them.
    var all: [ViewerSession] { sessions.withLock { Array($0.values) } }

    /// Bytes that are held for them.
    var held: Int { all.reduce(0) { $0 + $1.room.held.now } }

    private func change(_ body: (inout [ObjectIdentifier: ViewerSession]) -> Void) {
        let count = sessions.withLock { sessions in
            body(&sessions)
            return sessions.count
        }
        gauge.record(count)
    }
}
