import Messages

/// The lease in the file, as a standby sees it.
struct LeaseSighting: Sendable, Equatable {
    /// The leader's epoch.
    var epoch: UInt64
    /// Grows every ``DispatcherConfiguration/renewMs`` while the leader runs.
    var renewals: Int64
    /// Whether the leader holds the lock on the data directory; false = it took over from a frozen process that still
    /// holds it.
    var isLocked: Bool
    /// Whether the leader has given it up.
    var isReleased: Bool
}
