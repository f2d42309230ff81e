import Messages

/// A task that has not ended (or whose end is not on disk yet). Owned by the service's actor.
final class LiveTask {
    /// Its life, ahead of the disk by what is being committed.
    var machine: TaskMachine
    /// As it is on disk, which is what others may see; nil before the first commit.
    var visible: TaskRecord?
    /// Its stall, as it belongs to `visible`.
    var shownStall: Stall?
    /// When its time is over, in monotonic ms; only while it runs and has a `timeout_s`.
    var limitAt: Int64 = 0
    /// When its agent last gave a sign, in monotonic ms; where it has an `idle_timeout_s`.
    var spokeAt: Int64 = 0
    /// Its prompt, when it is short.
    let prompt: String?

    /// Permission requests that came before the events that they are shown behind; at most
    /// ``Limits/openApprovals`` with those that are open. Executors say them again.
    var early: [ApprovalRequest] = []
    /// Why permission requests of an attempt were not taken.
    struct Refusal: Hashable {
        let attempt: UInt32
        let reason: String
    }

    /// What the log has a word on; a few reasons for each of a few attempts.
    var refusals: Set<Refusal> = []

    /// How many permission requests wait for an answer; its silence does not count then.
    var openApprovals: Int { machine.approvals.pending }

    /// Which task it follows in its conversation.
    enum Follows: Equatable {
        /// The log knows.
        case unread
        /// nil = none whose agent has run.
        case read(TaskID?)
    }

    /// A history that was read for an executor.
    struct Handed {
        let attempt: UInt32
        /// What its agent knows.
        let after: TaskID?
        let history: History
    }

    /// Read when it is first given to a device: those before it have ended then.
    var follows = Follows.unread
    /// What goes out with its assign; only while that is unanswered.
    var history: Handed?
    /// When it was last asked for with success, in monotonic ms, and by which attempt.
    var historyAt: (attempt: UInt32, at: Int64)?
    /// Whether that is being read.
    var isReadingHistory = false

    /// `record` is on disk.
    func show(_ record: TaskRecord) {
        visible = record
        shownStall = record.stalledAt == nil ? nil : machine.stall ?? shownStall
    }

    init(_ machine: TaskMachine, visible: TaskRecord?, prompt: String?) {
        self.machine = machine
        self.visible = visible
        self.prompt = prompt.flatMap { $0.utf8.count <= DispatcherLimits.cachedPrompt ? $0 : nil }
    }
}
