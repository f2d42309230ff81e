/// The executor's own limits; limits that other services share are in `Limits`.
enum ExecutorLimits {
    /// The most unacknowledged bytes that an attempt may have in its spool; then its agent's output is paused. Enough for
    /// hours of a chatty build without a server, and little enough for five of them on a laptop's disk.
    static let spool = 256 << 20
    /// How many bytes beyond that are taken from an attempt that is being stopped: what was in its pipes, and its last
    /// output. A command that keeps writing through its grace loses the rest.
    static let spoolAfterStop = 16 << 20
    /// The longest line that is taken from an agent that writes lines: several times the largest result of a tool, and
    /// bearable in memory for five agents at once.
    static let line = 64 << 20
    /// Seconds that reading a child's pipes may take after its end, however slow the machine; a process that never stops
    /// writing is cut off then.
    static let pipeDrain = 60.0
    /// Seconds that looking up a task's directory may take: a healthy network mount takes milliseconds.
    static let lookup = 10.0
    /// How many directories may be looked up at once; each that does not answer blocks a thread.
    static let lookups = 16
}
