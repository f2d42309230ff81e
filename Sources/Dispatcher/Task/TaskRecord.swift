import Messages

/// A task as it is stored, without its prompt.
struct TaskRecord: Sendable, Equatable {
    /// Its number in the order of acceptance, from 1 within its partition; a queue keeps this order.
    let ordinal: Int64
    let id: TaskID
    let owner: UserID
    /// Where it was meant to run, as it was said.
    let target: Target
    /// The device that `target` meant when it was submitted; nil = the cloud.
    let device: String?
    let conversation: ConversationID
    let agent: String
    /// The first 200 characters of its prompt, for lists.
    let excerpt: String
    let cwd: String?
    /// The trace id of the request that made it, 32 hexadecimal digits.
    let trace: String?
    let createdAt: Timestamp
    /// The choices that hold for it: all but the permission mode are there.
    let choices: Choices
    /// The task that it does again.
    let retryOf: TaskID?
    /// Its place in its queue, in ms: when it was accepted, and later for a lower priority. It never changes.
    let rank: Int64

    /// The device's name when it was last known.
    var deviceName: String?
    var state = TaskState.queued
    /// Why it waits, and its place when that was last written down; only while queued.
    var reason: WaitReason?
    var queuePosition: Int?
    var error: Fault?
    /// The newest attempt; 0 = none yet.
    var attempt: UInt32 = 0
    /// The last attempt_seq that was taken of the newest attempt.
    var attemptSeq: UInt64 = 0
    /// The newest event's seq.
    var lastSeq: UInt64 = 0
    /// When the newest attempt was made.
    var assignedAt: Timestamp?
    var startedAt: Timestamp?
    var endedAt: Timestamp?
    var cancelRequestedAt: Timestamp?
    /// When it was put into its queue (again); its time to live counts from here.
    var queuedAt: Timestamp
    /// How often it was put back because its device was gone.
    var requeues = 0
    /// Why it is being ended without a person's wish: `timeout` or `idle_timeout`.
    var overdue: ErrorCode?
    /// Whether viewers were told that half of the newest attempt's time is over.
    var isHalfTold = false
    /// Since when its device is away; nil = it is there.
    var stalledAt: Timestamp?

    /// What its newest attempt waits for. Not stored: its permission requests say so.
    var waitingFor: WaitingFor?

    /// The partition of its owner.
    var partition: Partition { Partition(owner: owner) }

    /// The queue it belongs to.
    var queue: QueueKey { QueueKey(owner: owner, device: device) }

    /// Its place in that queue.
    var waiting: DeviceQueue.Waiting { DeviceQueue.Waiting(rank: rank, ordinal: ordinal, task: id) }

    /// The newest attempt.
    var attemptID: AttemptID { AttemptID(task: id, attempt: attempt) }

    /// As its owner sees it.
    /// - Parameters:
    ///   - position: Its place in the queue now; nil = as it was last written down.
    ///   - waits: Why it waits now; nil = as it was last written down.
    func view(prompt: String? = nil, position: Int? = nil, waits: WaitReason? = nil, stall: Stall? = nil) -> TaskView {
        TaskView(
            id: id, state: state, target: target, device: device, deviceName: deviceName, conversation: conversation,
            agent: agent, prompt: prompt ?? excerpt, cwd: cwd, attempt: attempt,
            queuePosition: state == .queued ? position ?? queuePosition : nil,
            reason: state == .queued ? waits ?? reason : nil, error: error,
            stalled: state.isTerminal ? nil : stall, lastSeq: lastSeq, createdAt: createdAt, startedAt: startedAt,
            endedAt: endedAt, cancelRequestedAt: cancelRequestedAt, choices: choices, retryOf: retryOf,
            waitingFor: waitingFor)
    }
}
