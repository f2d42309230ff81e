/// One process as the system's table has it.
struct ProcessEntry: Hashable, Sendable {
    /// What tells a process from a later one of the same number.
    struct Key: Hashable, Sendable {
        let pid: Int32
        /// Ticks of the system's clock from its start to the process's.
        let start: UInt64
    }

    let key: Key
    let parent: Int32
    let group: Int32
    let session: Int32
    /// It is between two programs: its environment is not there yet.
    let isBetween: Bool
    /// Nothing but its entry is left: it has ended and waits to be waited for.
    let isOver: Bool
    /// It is one of the kernel's own threads, which have no environment at all.
    let isKernels: Bool

    var pid: Int32 { key.pid }
}

/// The mark that an executor puts into the environment of whatever it starts, and that is inherited by what that starts.
struct ProcessMark: Hashable, Sendable {
    static let task = "WEGENT_TASK"
    static let boot = "WEGENT_BOOT"
    static let child = "WEGENT_CHILD"

    /// The attempt that the process was started for, `TASK/ATTEMPT`.
    let attempt: String
    /// The life of the executor that started it.
    let boot: String
    /// Which child of it; an attempt may have several, one after the other.
    let child: String
}

extension ProcessMark {
    /// The mark in an environment; nil where there is none.
    init?(_ environment: [String: String]) {
        guard let attempt = environment[Self.task], let boot = environment[Self.boot],
            let child = environment[Self.child]
        else { return nil }
        self.init(attempt: attempt, boot: boot, child: child)
    }
}
