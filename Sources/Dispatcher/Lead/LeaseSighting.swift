import Messages

/// The lease in the store, as a standby sees it.
struct LeaseSighting: Sendable, Equatable {
    /// The epoch of who leads.
    var epoch: UInt64
    /// Grows while the leader lives, every ``DispatcherConfiguration/renewMs``.
    var renewals: Int64
    /// Whether the leader holds the lock on the data directory; false = it took over from a frozen process that still
    /// holds it.
    var isLocked: Bool
    /// Whether the leader has left.
    var isReleased: Bool
}
