import Messages

/// A task's ``Choices`` in the dispatcher's terms: every choice is set, and times are in ms.
///
/// A name that this version does not know, in a row that a later version wrote, counts as the default.
struct Policy: Sendable, Equatable {
    let priority: Priority
    /// The longest wait in its queue.
    let ttlMs: Int64
    let ifOffline: IfOffline
    let onDisconnect: OnDisconnect
    /// The longest absence of its device; 0 = none.
    let graceMs: Int64
    /// The longest run of an attempt; nil = no limit.
    let timeoutMs: Int64?
    /// The longest silence of an attempt; nil = no limit.
    let idleMs: Int64?
    /// Whether the task waits for the end of a usage limit.
    let waitsForLimit: Bool
    /// After how many seconds without a leader the executor ends the attempt; 0 = never.
    let leaseS: Double

    /// - Parameters:
    ///   - graceS: The dispatcher's `--grace-s`: the grace of a task that sets none.
    ///   - leaseS: The dispatcher's `--lease-s`. A task's lease is its grace + (`leaseS` - `graceS`); 0 disables leases.
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
        waitsForLimit = choices.onLimit == .wait
        let lease = grace + leaseS - graceS
        self.leaseS = onDisconnect == .wait || leaseS == 0 ? 0 : lease > 0 ? lease : leaseS
    }

    /// Returns what a priority adds to the rank of a task, in ms: a task stays ahead of one of the next higher priority
    /// when it was accepted that much earlier.
    static func delayMs(_ priority: Priority) -> Int64 {
        switch priority {
        case .high: 0
        case .low: 2 * DispatcherLimits.priorityMs
        default: DispatcherLimits.priorityMs
        }
    }

    /// Returns nil for 0.
    private static func milliseconds(_ seconds: Double?) -> Int64? {
        // At least 1: half a millisecond must not become "no limit".
        seconds.flatMap { $0 > 0 ? max(1, Int64(($0 * 1000).rounded())) : nil }
    }

    /// Returns a time in seconds, as choices state it.
    static func text(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? String(milliseconds / 1000) : String(Double(milliseconds) / 1000)
    }
}
