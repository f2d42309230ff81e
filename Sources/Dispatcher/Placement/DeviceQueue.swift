import DequeModule
import Messages

/// One queue: who waits, in the order of rank, and which attempts hold the device's slots.
///
/// A value without any knowledge of tasks: whether a waiting task may go is the caller's question to ``Placement``.
struct DeviceQueue: Sendable, Equatable {
    /// Somebody who waits. The place never changes, so that it is found without a search through all.
    struct Waiting: Sendable, Equatable, Comparable {
        /// ``TaskRecord/rank``.
        let rank: Int64
        /// ``TaskRecord/ordinal``, no two are equal.
        let ordinal: Int64
        let task: TaskID

        static func < (left: Waiting, right: Waiting) -> Bool {
            (left.rank, left.ordinal) < (right.rank, right.ordinal)
        }
    }

    /// Who waits, in the order of rank. Bounded by the limit of queued tasks per user.
    private(set) var waiting: Deque<Waiting> = []
    /// Attempts that we have given the device and that have not ended.
    private(set) var running: Set<AttemptID> = []
    /// Attempts that have ended for us (or were never known) and that the device still runs.
    private(set) var held: Set<AttemptID> = []
    /// How many of ``held`` each task has: whoever waits is asked for at each move of the queue.
    private var heldTasks: [TaskID: Int] = [:]
    /// How many slots the device has; no more than ``Limits/slots`` lets it have, whatever it says.
    private(set) var total: Int
    /// Whether the device takes no new work.
    private(set) var isDraining = false
    /// The device has refused an attempt; its next report says how many slots there really are.
    private(set) var isPaused = false

    init(total: Int) { self.total = Self.bounded(total) }

    /// Slots in use.
    var used: Int { running.count + held.count }
    /// Whether another attempt can be given to the device.
    var hasRoom: Bool { !isPaused && !isDraining && used < total }

    /// Puts a task in, at its place: mostly at the end, one that was sent back where it was.
    mutating func insert(_ entry: Waiting) {
        guard let last = waiting.last, entry <= last else { return waiting.append(entry) }
        let place = place(of: entry)
        guard waiting[place] != entry else { return }
        waiting.insert(entry, at: place)
    }

    /// Takes a task out, if it waits.
    mutating func remove(_ entry: Waiting) {
        let place = place(of: entry)
        guard place < waiting.count, waiting[place] == entry else { return }
        waiting.remove(at: place)
    }

    /// The place of a waiting task, from 1.
    func position(of entry: Waiting) -> Int? {
        let place = place(of: entry)
        return place < waiting.count && waiting[place] == entry ? place + 1 : nil
    }

    /// How many wait before where `entry` is or would be.
    private func place(of entry: Waiting) -> Int {
        var range = 0..<waiting.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = waiting[middle] < entry ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// A task that waited (or is loaded) has a slot now. When its end was not written it is not over.
    mutating func occupy(_ attempt: AttemptID, from entry: Waiting? = nil) {
        if let entry { remove(entry) }
        unhold(attempt)
        running.insert(attempt)
    }

    /// An attempt has ended. Not `confirmed`: the device may still run it, so the slot stays in use until it says so.
    mutating func release(_ attempt: AttemptID, confirmed: Bool) {
        running.remove(attempt)
        if confirmed { unhold(attempt) } else { hold(attempt) }
    }

    /// The device will say at its next report how many slots are free; until then it gets nothing.
    mutating func pause() { isPaused = true }

    /// Whether the device still runs an earlier attempt of a task.
    func holds(_ task: TaskID) -> Bool { heldTasks[task] != nil }

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

    /// The device has a new session with `total` slots. What it held is unknown until its report.
    mutating func opened(total: Int) {
        self.total = Self.bounded(total)
        isDraining = false
        isPaused = false
        unholdAll()
    }

    /// The device is away: its slots are free at once.
    mutating func closed() { unholdAll() }

    /// The tasks are loaded again: whoever waits or runs is put in anew. What the device has said of itself still holds.
    mutating func cleared() {
        waiting.removeAll()
        running.removeAll()
    }

    /// The device has reported; `strays` are attempts with a slot that we do not want.
    mutating func reported(total: Int, draining: Bool, strays: Set<AttemptID>) {
        self.total = Self.bounded(total)
        isDraining = draining
        isPaused = false
        unholdAll()
        for stray in strays { hold(stray) }
    }
}
