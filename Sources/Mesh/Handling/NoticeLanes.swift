import DequeModule
import Messages

/// The sessions of one peer of which a large notice is being decoded off the reactor, each with the notices that wait for
/// it: those of one session are handled in the order of arrival. Only touched on the reactor.
struct NoticeLanes {
    private var waiting: [UInt64: Deque<(Header, [UInt8])>] = [:]
    private var bytes: [UInt64: Int] = [:]
    /// Whether the peer is lost: nothing of it is handled any more.
    private(set) var isClosed = false

    /// Whether a notice of this session is being decoded.
    func isBusy(_ session: UInt64) -> Bool { !waiting.isEmpty && waiting[session] != nil }

    /// A notice of this session is being decoded from now on.
    mutating func begin(_ session: UInt64) {
        if waiting[session] == nil { waiting[session] = [] }
    }

    /// Keeps a notice until ``next(_:)``; false = its session has too many bytes waiting. Its sender repeats what matters.
    mutating func wait(_ header: Header, _ body: [UInt8]) -> Bool {
        let sum = bytes[header.session, default: 0] + body.count + Header.fixedSize
        guard sum <= MeshBounds.waitingNotices else { return false }
        bytes[header.session] = sum
        waiting[header.session]?.append((header, body))
        return true
    }

    /// The notice that is decoded has been handled: returns the session's next one; nil = the session has no other.
    mutating func next(_ session: UInt64) -> (Header, [UInt8])? {
        guard let notice = waiting[session]?.popFirst() else {
            waiting[session] = nil
            bytes[session] = nil
            return nil
        }
        bytes[session, default: 0] -= notice.1.count + Header.fixedSize
        return notice
    }

    /// Drops everything that waits.
    mutating func close() {
        waiting = [:]
        bytes = [:]
        isClosed = true
    }
}
