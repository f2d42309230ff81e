import Messages

/// The slots of one executor and the attempts that use them.
struct WorkerSlots: Sendable, Equatable {
    /// Attempts that were assigned and have not ended.
    private(set) var running: Set<AttemptID> = []
    /// Attempts that have ended here (or are unknown) while the executor still runs them.
    private(set) var held: Set<AttemptID> = []
    /// The number of ``held`` attempts per task: every move of a queue asks for it.
    private var heldTasks: [TaskID: Int] = [:]
    /// How many there are; at most the upper bound of ``Limits/slots``, whatever the executor reports.
    private(set) var total: Int
    /// Whether the executor takes no new work.
    private(set) var isDraining = false
    /// Whether the executor refused an attempt and has not reported its slots since.
    private(set) var isPaused = false

    init(total: Int) { self.total = Self.bounded(total) }

    /// Slots in use.
    var used: Int { running.count + held.count }
    /// Slots that can be assigned now.
    var free: Int { isPaused || isDraining ? 0 : max(0, total - used) }

    /// Gives a slot to an attempt.
    mutating func occupy(_ attempt: AttemptID) {
        // After a failed commit an attempt can run again: its end was not written.
        unhold(attempt)
        running.insert(attempt)
    }

    /// Ends an attempt. Unless `confirmed`, its slot stays in use until the executor reports that it is free.
    mutating func release(_ attempt: AttemptID, confirmed: Bool) {
        running.remove(attempt)
        if confirmed { unhold(attempt) } else { hold(attempt) }
    }

    /// Assigns nothing until the next report: the executor refused an attempt that a free slot was expected for.
    mutating func pause() { isPaused = true }

    /// Whether the executor still runs an ended attempt of a task.
    func holds(_ task: TaskID) -> Bool { heldTasks[task] != nil }

    /// A session with `total` slots has begun; held attempts are unknown until its first report.
    mutating func open(total: Int) {
        self.total = Self.bounded(total)
        isDraining = false
        isPaused = false
        unholdAll()
    }

    /// The session has ended: held slots are free at once.
    mutating func close() { unholdAll() }

    /// Forgets running attempts before tasks are loaded again; what the executor reported still holds.
    mutating func clearRunning() { running.removeAll() }

    /// Takes a report; `unwanted` are attempts with a slot that should not run.
    mutating func report(total: Int, draining: Bool, unwanted: Set<AttemptID>) {
        self.total = Self.bounded(total)
        isDraining = draining
        isPaused = false
        unholdAll()
        for attempt in unwanted { hold(attempt) }
    }

    private mutating func hold(_ attempt: AttemptID) {
        if held.insert(attempt).inserted { heldTasks[attempt.task, default: 0] += 1 }
    }

    private mutating func unhold(_ attempt: AttemptID) {
        guard held.remove(attempt) != nil, let count = heldTasks[attempt.task] else { return }
        heldTasks[attempt.task] = count > 1 ? count - 1 : nil
    }

    private mutating func unholdAll() {
        held.removeAll()
        heldTasks.removeAll()
    }

    private static func bounded(_ total: Int) -> Int { min(total, Limits.slots.upperBound) }
}
