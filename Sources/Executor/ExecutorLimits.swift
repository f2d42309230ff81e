/// The executor's own limits; those that other services must know too are in `Limits`.
enum ExecutorLimits {
    /// The most unacked bytes that an attempt may have in its spool; then its agent's output is paused. Hours of a chatty
    /// build without a service, and little enough for five of them on a laptop's disk (ARCHITECTURE section 9).
    static let spool = 256 << 20
    /// How much more than that is taken from an attempt that was told to stop: what was in its pipes, and its last words.
    /// A command that goes on shouting through its grace loses the rest.
    static let spoolAfterStop = 16 << 20
    /// The longest line that is taken from an agent that speaks in lines: some times the largest result that one has,
    /// and what five of them cost in memory is bearable.
    static let line = 64 << 20
    /// Seconds that it may take to read what a child has left in its pipes, however slow the machine; a process that never
    /// stops writing is cut off then.
    static let starvation = 60.0
    /// Seconds that a task's directory may take to answer: a network mount that is well takes milliseconds.
    static let lookup = 10.0
    /// How many directories may be asked for at once; each that does not answer holds a thread for as long.
    static let lookups = 16
}
