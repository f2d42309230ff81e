import Messages

/// A task that is being watched: who watches, and the newest events for them.
struct EventStream: Sendable {
    /// The newest committed seq.
    private(set) var lastSeq: UInt64
    /// Whether the task's terminal event is committed.
    private(set) var isEnded: Bool
    private(set) var tail = EventTail()
    /// By a number of their own.
    var viewers: [Int: Viewer] = [:]

    init(lastSeq: UInt64, isEnded: Bool) {
        self.lastSeq = lastSeq
        self.isEnded = isEnded
    }

    /// An event has been committed.
    mutating func append(_ event: Event) {
        tail.append(event)
        lastSeq = event.seq
        if event.flags.contains(.terminal) { isEnded = true }
    }

    /// What a viewer needs next.
    enum Step: Equatable {
        /// These events, which are at hand.
        case send([Event])
        /// A page of the log.
        case read
        /// Nothing until something happens.
        case wait
        /// It has seen everything there will ever be.
        case finish
    }

    /// Decides for a viewer at `cursor`.
    func next(after cursor: UInt64) -> Step {
        guard cursor < lastSeq else { return isEnded ? .finish : .wait }
        return tail.batch(after: cursor).map(Step.send) ?? .read
    }
}
