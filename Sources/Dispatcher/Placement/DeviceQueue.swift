import DequeModule
import Messages

/// One queue: who waits, in the order of acceptance, and which attempts hold the device's slots.
///
/// A value without any knowledge of tasks: whether a waiting task may go is the caller's question to ``Placement``.
struct DeviceQueue: Sendable, Equatable {
    /// Somebody who waits.
    struct Waiting: Sendable, Equatable {
        let ordinal: Int64
        let task: TaskID
    }

    /// Who waits, first come first served. Bounded by the limit of queued tasks per user.
    private(set) var waiting: Deque<Waiting> = []
    /// Attempts that we have given the device and that have not ended.
    private(set) var running: Set<AttemptID> = []
    /// Attempts that have ended for us (or were never known) and that the device still runs.
    private(set) var held: Set<AttemptID> = []
    /// How many slots the device has.
    private(set) var total: Int
    /// Whether the device takes no new work.
    private(set) var isDraining = false
    /// The device has refused an attempt; its next report says how many slots there really are.
    private(set) var isPaused = false

    init(total: Int) { self.total = total }

    /// Slots in use.
    var used: Int { running.count + held.count }
    /// Whether another attempt can be given to the device.
    var hasRoom: Bool { !isPaused && !isDraining && used < total }

    /// Puts a task in, at its place by `ordinal`: a new one at the end, one that was sent back at its old place.
    mutating func insert(_ task: TaskID, ordinal: Int64) {
        let entry = Waiting(ordinal: ordinal, task: task)
        guard let last = waiting.last, last.ordinal > ordinal else {
            waiting.append(entry)
            return
        }
        guard let place = waiting.firstIndex(where: { $0.ordinal >= ordinal }) else { return }
        guard waiting[place].task != task else { return }
        waiting.insert(entry, at: place)
    }

    /// Takes a waiting task out.
    mutating func remove(_ task: TaskID) {
        if waiting.first?.task == task {
            waiting.removeFirst()
        } else if let place = waiting.firstIndex(where: { $0.task == task }) {
            waiting.remove(at: place)
        }
    }

    /// The place of a waiting task, from 1.
    func position(of task: TaskID) -> Int? { waiting.firstIndex { $0.task == task }.map { $0 + 1 } }

    /// A task that waited (or is loaded) has a slot now.
    mutating func occupy(_ attempt: AttemptID) {
        remove(attempt.task)
        running.insert(attempt)
    }

    /// An attempt has ended. Not `confirmed`: the device may still run it, so the slot stays in use until it says so.
    mutating func release(_ attempt: AttemptID, confirmed: Bool) {
        running.remove(attempt)
        if confirmed { held.remove(attempt) } else { held.insert(attempt) }
    }

    /// The device will say at its next report how many slots are free; until then it gets nothing.
    mutating func pause() { isPaused = true }

    /// The device has a new session with `total` slots. What it held is unknown until its report.
    mutating func opened(total: Int) {
        self.total = total
        isDraining = false
        isPaused = false
        held.removeAll()
    }

    /// The device is away: its slots are free at once.
    mutating func closed() { held.removeAll() }

    /// The device has reported; `strays` are attempts with a slot that we do not want.
    mutating func reported(total: Int, draining: Bool, strays: Set<AttemptID>) {
        self.total = total
        isDraining = draining
        isPaused = false
        held = strays
    }
}
