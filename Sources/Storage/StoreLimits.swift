/// The limits of a store, each with its reason.
public enum StoreLimits {
    /// Queued writes that are not yet on disk. A further one is refused with `overloaded` and does not wait: a waiting
    /// caller takes memory too, and must learn that the disk cannot keep up.
    public static let pendingWrites = 16_384
    /// Reads that run or wait for a connection; a further one is refused with `overloaded`.
    public static let pendingReads = 4_096
    /// Writes in one transaction: enough to share an fsync, few enough that a failed commit fails few callers.
    public static let batch = 512
    /// A batch that has run this long is committed as it is, so that its first caller does not wait for its last.
    public static let batchTime: Duration = .milliseconds(20)
    /// Reading connections. SQLite on a small machine gains nothing from more.
    public static let readers = 4
    /// How long to wait for another process's lock before the work is refused with `locked`, in seconds: less than the
    /// 5 s timeout of a mesh request, so that its sender gets the reason.
    public static let busySeconds = 2.0
    /// Up to this size in bytes a file is checked whole before it is opened for writing: a standby must lead within 5 s.
    /// Damage in a larger file is found when the page is read.
    public static let checkedBytes = 256 << 20
    /// The size in bytes that a checkpoint cuts the write-ahead log back to after a burst.
    public static let walBytes = 64 << 20
}
