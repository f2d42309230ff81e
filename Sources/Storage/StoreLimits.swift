/// The limits of a store, each with its reason.
public enum StoreLimits {
    /// Writes that may be handed in and not yet be on disk. A further one is refused with `overloaded` instead of
    /// being kept waiting: a waiting caller is memory too, and the sender should hear that the disk cannot keep up.
    public static let pendingWrites = 16_384
    /// Reads that may be under way or wait for a connection; a further one is refused with `overloaded`.
    public static let pendingReads = 4_096
    /// Writes in one transaction: enough to share one fsync, few enough that a failed commit hits few callers.
    public static let batch = 512
    /// A batch that has worked this long is committed as it is, so that its first caller does not wait for its last.
    public static let batchTime: Duration = .milliseconds(20)
    /// Reading connections. SQLite on a small machine gains nothing from more.
    public static let readers = 4
    /// How long another process's lock is waited for before the work is refused with `locked`, in seconds: less than the
    /// 5 s in which whoever asks on the mesh gives up, so that they hear the reason.
    public static let busySeconds = 2.0
    /// A file of up to so many bytes is checked whole before it is opened for writing; of a larger one only what is
    /// read anyway. A start must not take longer than the 5 s in which a standby is to lead.
    public static let checkedBytes = 256 << 20
    /// The write-ahead log is cut back to this many bytes at a checkpoint, after a burst has made it grow.
    public static let walBytes = 64 << 20
}
