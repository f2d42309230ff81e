import Metrics
import NIOCore
import Synchronization

/// The viewers' WebSockets of this gateway. Callable from any thread.
final class ViewerTable: Sendable {
    private let sessions = Mutex<[ObjectIdentifier: ViewerSession]>([:])
    private let gauge = Gauge(label: "gateway_viewers")

    /// Holds a session until its connection closes.
    func add(_ session: ViewerSession) {
        let id = ObjectIdentifier(session)
        change { $0[id] = session }
        session.channel.closeFuture.whenComplete { _ in self.change { $0[id] = nil } }
    }

    /// Every session.
    var all: [ViewerSession] { sessions.withLock { Array($0.values) } }

    private func change(_ body: (inout [ObjectIdentifier: ViewerSession]) -> Void) {
        let count = sessions.withLock { sessions in
            body(&sessions)
            return sessions.count
        }
        gauge.record(count)
    }
}
