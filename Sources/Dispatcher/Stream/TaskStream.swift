import Messages

/// A watched task: its viewers, and the newest events for them.
struct TaskStream: Sendable {
    /// The newest committed seq.
    private(set) var lastSeq: UInt64
    /// Whether the task's terminal event is committed.
    private(set) var isEnded: Bool
    private(set) var tail = EventTail()
    /// By ``ViewerHub``'s number of the viewer.
    var viewers: [Int: Viewer] = [:]

    init(_ extent: StreamExtent) {
        lastSeq = extent.lastSeq
        isEnded = extent.isEnded
    }

    /// Adds a committed event.
    mutating func append(_ event: Event) {
        tail.append(event)
        lastSeq = event.seq
        if event.flags.contains(.terminal) { isEnded = true }
    }

    /// The next step for a viewer.
    enum Step: Equatable {
        /// Send these events, which are in memory.
        case send([Event])
        /// Read a page of the log.
        case read
        /// Wait for an event.
        case wait
        /// End the stream: everything was sent.
        case finish
    }

    /// Returns the next step for a viewer at `cursor`.
    func next(after cursor: UInt64) -> Step {
        guard cursor < lastSeq else { return isEnded ? .finish : .wait }
        return tail.batch(after: cursor).map(Step.send) ?? .read
    }
}

/// How far the events of a task reach on disk.
struct StreamExtent: Sendable, Equatable {
    /// The newest committed seq.
    let lastSeq: UInt64
    /// Whether the terminal event is committed.
    let isEnded: Bool

    /// Returns why a cursor is refused: beyond the newest event no cursor can come from this log.
    func refusal(of cursor: UInt64, _ task: TaskID) -> Fault? {
        guard cursor > lastSeq else { return nil }
        return Fault(
            .invalidRequest, "cursor \(cursor) is beyond the end of task \(task), whose last event has seq \(lastSeq)")
    }
}
