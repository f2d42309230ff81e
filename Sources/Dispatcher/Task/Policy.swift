import Messages

/// A task's ``Choices`` as the dispatcher acts by them: each is there, and times are in ms.
///
/// A name that this version does not know, in a row that a later one wrote, counts as the default.
struct Policy: Sendable, Equatable {
    let priority: Priority
    /// How long it may wait in its queue.
    let ttlMs: Int64
    let ifOffline: IfOffline
    let onDisconnect: OnDisconnect
    /// How long its device may be away; 0 = not at all.
    let graceMs: Int64
    /// How long an attempt may run; nil = as long as it takes.
    let timeoutMs: Int64?
    /// How long an attempt may be silent; nil = as long as it takes.
    let idleMs: Int64?
    /// After how many seconds without a leader the executor ends the attempt by itself; 0 = never.
    let leaseS: Double

    /// - Parameters:
    ///   - graceS: The dispatcher's `--grace-s`, for a task that has none of its own.
    ///   - leaseS: Its `--lease-s`. What it is longer than the grace, the lease of each task is longer than the task's
    ///     grace; 0 = no task has a lease.
    init(_ choices: Choices, graceS: Double = 30, leaseS: Double = 45) {
        let choices = choices.filled(from: .standard)
        priority = choices.priority.flatMap { Priority.all.contains($0) ? $0 : nil } ?? .normal
        ttlMs = Self.milliseconds(choices.queueTTLS) ?? 86_400_000
        ifOffline = choices.ifOffline == .wait ? .wait : .fail
        onDisconnect = choices.onDisconnect.flatMap { OnDisconnect.all.contains($0) ? $0 : nil } ?? .fail
        let grace = choices.graceS ?? graceS
        graceMs = Self.milliseconds(grace) ?? 0
        timeoutMs = Self.milliseconds(choices.timeoutS)
        idleMs = Self.milliseconds(choices.idleTimeoutS)
        let lease = grace + leaseS - graceS
        self.leaseS = onDisconnect == .wait || leaseS == 0 ? 0 : lease > 0 ? lease : leaseS
    }

    /// What the place in a queue is later for a lower priority, in ms: so much longer a task must have waited to stay
    /// before one of the next higher priority.
    static func delayMs(_ priority: Priority) -> Int64 {
        switch priority {
        case .high: 0
        case .low: 2 * DispatcherLimits.priorityMs
        default: DispatcherLimits.priorityMs
        }
    }

    /// nil for 0.
    private static func milliseconds(_ seconds: Double?) -> Int64? {
        // What is set is at least one: a time of half a millisecond is not "as long as it takes".
        seconds.flatMap { $0 > 0 ? max(1, Int64(($0 * 1000).rounded())) : nil }
    }

    /// A time as people write it in a choice.
    static func text(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? String(milliseconds / 1000) : String(Double(milliseconds) / 1000)
    }
}
