import DequeModule

/// What libzmq would not take yet, in order; bounded by ``MeshBounds/queuedMessages`` and
/// ``MeshBounds/queuedBytes``, beyond which its peer is lost.
struct Outbox {
    private var frames: Deque<Frame> = []
    private var bytes = 0

    var isEmpty: Bool { frames.isEmpty }
    var count: Int { frames.count }
    var first: Frame? { frames.first }

    /// Keeps a frame; false when it is full.
    mutating func append(_ frame: Frame) -> Bool {
        guard frames.count < MeshBounds.queuedMessages, bytes + frame.size <= MeshBounds.queuedBytes else {
            return false
        }
        frames.append(frame)
        bytes += frame.size
        return true
    }

    /// Forgets the first one, which was sent.
    mutating func removeFirst() {
        bytes -= frames.removeFirst().size
    }

    /// Forgets all.
    mutating func removeAll() {
        frames = []
        bytes = 0
    }
}
