import DequeModule

/// Frames that libzmq has refused for now, in order. Bounded by ``MeshBounds/queuedMessages`` and
/// ``MeshBounds/queuedBytes``; when it is full its peer is disconnected.
struct SendQueue {
    private var frames: Deque<Frame> = []
    private(set) var bytes = 0

    var isEmpty: Bool { frames.isEmpty }
    var count: Int { frames.count }
    var first: Frame? { frames.first }

    /// Appends a frame; false when the queue is full.
    mutating func append(_ frame: Frame) -> Bool {
        guard frames.count < MeshBounds.queuedMessages, bytes + frame.size <= MeshBounds.queuedBytes else {
            return false
        }
        frames.append(frame)
        bytes += frame.size
        return true
    }

    /// Removes the first frame, which has been sent.
    mutating func removeFirst() {
        bytes -= frames.removeFirst().size
    }

    mutating func removeAll() {
        frames = []
        bytes = 0
    }
}
