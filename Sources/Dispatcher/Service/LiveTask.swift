import Messages

/// A task in memory: it has not ended, or its end is not on disk. Owned by the service.
final class LiveTask {
    /// Its current state, including changes that are not on disk yet.
    var machine: TaskMachine
    /// Its record as it is on disk, which owners and viewers see; nil before the first commit.
    private(set) var visible: TaskRecord?
    /// The whole of it as it is on disk, to go back to when the store refuses a change; nil before the first commit.
    private(set) var stored: TaskMachine?
    /// How often the store has refused a change of it.
    var refusedCommits = 0
    /// The stall that belongs to `visible`.
    var shownStall: Stall?
    /// Its prompt, when it is short.
    let prompt: String?

    /// Permission requests that arrived before the events that they follow; with the open ones at most
    /// ``Limits/openApprovals``. Executors repeat them.
    var early: [ApprovalRequest] = []

    /// Why a permission request of an attempt was refused.
    struct Refusal: Hashable {
        let attempt: UInt32
        let reason: String
    }

    /// The refusals that were logged; a few reasons for each of a few attempts.
    var refusals: Set<Refusal> = []

    /// The time of the last `events.refused` to its executor, in monotonic ms.
    var refusedAt: Int64?

    /// How many permission requests wait for a decision.
    var openApprovals: Int { machine.approvals.pending }

    /// The task before it in its conversation.
    enum Follows: Equatable {
        /// Not read from the store yet.
        case unread
        /// nil = no earlier one ran.
        case read(TaskID?)
    }

    /// The history that one attempt requested.
    struct AttemptHistory {
        let attempt: UInt32
        /// The last task that its agent knows.
        let after: TaskID?
        let history: History
    }

    /// Read at its first assignment: the tasks before it have ended then.
    var follows = Follows.unread
    /// Sent with its assignment, while that is unanswered.
    var history: AttemptHistory?
    /// The last accepted request for a history: its attempt, and when, in monotonic ms.
    var historyRequest: (attempt: UInt32, at: Int64)?
    /// Whether a history is being read.
    var isReadingHistory = false

    /// The bytes of its executor's events that are not on disk.
    private(set) var uncommitted = 0

    init(_ machine: TaskMachine, visible: TaskRecord?, prompt: String?) {
        self.machine = machine
        self.visible = visible
        stored = visible == nil ? nil : machine
        self.prompt = prompt.flatMap { $0.utf8.count <= DispatcherLimits.cachedPrompt ? $0 : nil }
    }

    /// Whether its executor may have sent this event: it keeps at most a window of events that are not acknowledged, and so
    /// not on disk. A single event may be larger than the window's bytes.
    func hasRoom(for event: Event) -> Bool {
        let record = machine.record
        let stored = visible?.attempt == record.attempt ? visible?.attemptSeq ?? 0 : 0
        guard event.attemptSeq <= stored &+ UInt64(Limits.windowEvents) else { return false }
        return uncommitted == 0 || uncommitted + event.encodedSize <= Limits.windowBytes
    }

    /// An event of its executor was taken.
    func took(_ event: Event) { uncommitted += event.encodedSize }

    /// `part` is on disk.
    func show(_ part: CommitPart) {
        for event in part.events where event.attempt > 0 { uncommitted -= event.encodedSize }
        guard let machine = part.machine else { return }
        stored = machine
        show(machine.record)
    }

    private func show(_ record: TaskRecord) {
        visible = record
        shownStall = record.stalledAt == nil ? nil : machine.stall ?? shownStall
    }
}
