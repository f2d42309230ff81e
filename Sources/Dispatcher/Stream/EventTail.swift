import DequeModule
import Messages

/// The newest committed events of one task, without a gap. Bounded: the oldest are dropped.
struct EventTail: Sendable {
    private var events: Deque<Event> = []
    private var bytes = 0
    private let limit: (events: Int, bytes: Int)

    init(events: Int = DispatcherLimits.tailEvents, bytes: Int = DispatcherLimits.tailBytes) {
        limit = (events, bytes)
    }

    /// How many it has.
    var count: Int { events.count }

    /// Adds the next event.
    mutating func append(_ event: Event) {
        if let last = events.last, event.seq != last.seq + 1 { clear() }
        events.append(event)
        bytes += event.encodedSize
        while events.count > limit.events || bytes > limit.bytes, events.count > 1 {
            bytes -= events.removeFirst().encodedSize
        }
    }

    /// Forgets all.
    mutating func clear() {
        events.removeAll()
        bytes = 0
    }

    /// Returns the events after a cursor, up to about `size` bytes; nil when the next one was dropped.
    func batch(after cursor: UInt64, size: Int = EventBatch.preferredSize) -> [Event]? {
        guard let first = events.first, cursor + 1 >= first.seq else { return nil }
        let start = Int(cursor + 1 - first.seq)
        guard start < events.count else { return nil }
        var end = start
        var bytes = 0
        while end < events.count, end == start || bytes + events[end].encodedSize <= size {
            bytes += events[end].encodedSize
            end += 1
        }
        return Array(events[start..<end])
    }
}
