/// One process of the system's table.
struct ProcessEntry: Hashable, Sendable {
    /// Distinguishes a process from a later one with the same id.
    struct Key: Hashable, Sendable {
        let pid: Int32
        /// Ticks of the system's clock from its start to the process's.
        let start: UInt64
    }

    let key: Key
    let parent: Int32
    let group: Int32
    let session: Int32
    /// It is between two programs (in exec): its environment is not there yet.
    let isBetween: Bool
    /// Its environment is there and empty.
    let hasNoVariables: Bool
    /// It has ended and only its entry is left, until its parent collects it.
    let isOver: Bool
    /// It is one of the kernel's own threads, which have no environment.
    let isKernels: Bool

    var pid: Int32 { key.pid }
}

/// The mark that an executor puts into the environment of what it starts, and that everything started from there
/// inherits.
struct ProcessMark: Hashable, Sendable {
    static let task = "WEGENT_TASK"
    static let boot = "WEGENT_BOOT"
    static let child = "WEGENT_CHILD"

    /// The attempt that the process was started for, `TASK/ATTEMPT`.
    let attempt: String
    /// The boot id of the executor that started it.
    let boot: String
    /// The id of the child; an attempt may have several, one after the other.
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
