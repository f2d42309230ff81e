/// What becomes of an event that an executor sent.
enum EventVerdict: Sendable, Equatable {
    /// It is the next one and has its seq now: commit it.
    case taken
    /// It was taken before; acknowledge again up to the attempt_seq `last`.
    case duplicate(last: UInt64)
    /// Something before it is missing: ask again from there; nil = that was just done.
    case gap(UInt64?)
    /// It is of an attempt that has been replaced or has ended: the device should stop it.
    case stale
}
