/// What becomes of an executor's event.
enum EventVerdict: Sendable, Equatable {
    /// It is the next one and now has its seq: commit it.
    case taken
    /// It was taken before: acknowledge up to the attempt_seq `last` again.
    case duplicate(last: UInt64)
    /// Events before it are missing: request them from this attempt_seq; nil = that was done less than 2 s ago.
    case gap(UInt64?)
    /// Its attempt was replaced or has ended: stop it.
    case stale
}
