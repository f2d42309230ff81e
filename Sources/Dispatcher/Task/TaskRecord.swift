import Messages

/// A task as it is stored, without its prompt.
struct TaskRecord: Sendable, Equatable {
    /// Its number in the order of acceptance, from 1 within its partition; a queue keeps this order.
    let ordinal: Int64
    let id: TaskID
    let owner: UserID
    /// Where it should run, as requested.
    let target: Target
    /// The queue that `target` meant when the task was submitted, or that it was moved to since.
    var placement: TaskPlacement
    let conversation: ConversationID
    let agent: String
    /// The first 200 characters of its prompt, for lists.
    let excerpt: String
    let cwd: String?
    /// The pseudo-terminal that its agent runs in; nil = none.
    var terminal: TerminalSize?
    /// Whether the agent's standard error is kept apart from its standard output.
    let splitOutput: Bool
    /// The trace id of the request that created it, 32 hexadecimal digits.
    let trace: String?
    let createdAt: Timestamp
    /// The choices in force for it: all but the permission mode are set.
    let choices: Choices
    /// The task that it repeats.
    let retryOf: TaskID?
    /// Its place in its queue, in ms: the time of its acceptance, and later for a lower priority. It never changes.
    let rank: Int64

    /// The last known name of its device.
    var deviceName: String?
    var state = TaskState.queued
    /// The last published wait reason and queue position; only while queued.
    var reason: WaitReason?
    var queuePosition: Int?
    var error: Fault?
    /// The newest attempt; 0 = none yet.
    var attempt: UInt32 = 0
    /// The newest attempt's last accepted attempt_seq.
    var attemptSeq: UInt64 = 0
    /// The newest event's seq.
    var lastSeq: UInt64 = 0
    /// The bytes of its events on the wire.
    var logBytes: Int64 = 0
    /// When the newest attempt was created.
    var assignedAt: Timestamp?
    var startedAt: Timestamp?
    var endedAt: Timestamp?
    var cancelRequestedAt: Timestamp?
    /// When it entered its queue the last time; its time to live counts from here.
    var queuedAt: Timestamp
    /// How often it was requeued because its device was lost.
    var requeues = 0
    /// How often in a row its device has refused it with `slots_full` or `draining`.
    var rejections = 0
    /// The limit that ended it, `timeout` or `idle_timeout`; set from the stop on.
    var overdue: ErrorCode?
    /// Whether the newest attempt's half-time warning was published.
    var isHalfTimeWarned = false
    /// When its device disconnected; nil = it is connected.
    var stalledAt: Timestamp?

    /// Of a running task: the background work that its turn goes on for. Of a queued one: the usage limit that it waits
    /// for, with its end. nil = neither.
    var waiting: Waiting?
    /// Whether the next attempt goes on with the turn that a usage limit interrupted.
    var resumes = false
    /// What the newest attempt's agent has begun and not ended.
    var open = OpenWork()
    /// The newest messages that the running turn has taken, at most ``DispatcherLimits/knownMessages``: a repeated one
    /// gets the same answer.
    var messages: [TakenMessage] = []

    /// What it waits for. Not stored: derived from its permission requests and ``waiting``.
    var waitingFor: WaitingFor?

    /// What it waits for unless a permission request is pending.
    var restingWait: WaitingFor? {
        guard waiting != nil else { return nil }
        return state == .queued ? .limit : state == .running ? .background : nil
    }

    /// Whether it waits in its queue for the end of a usage limit.
    var isLimited: Bool { state == .queued && waiting != nil }

    /// The partition of its owner.
    var partition: Partition { Partition(owner: owner) }

    /// The queue that it belongs to.
    var queue: QueueID { placement.queue }

    /// The device that it runs on; nil = the cloud.
    var device: String? { placement.queue.device }

    /// Its entry in that queue.
    var queueEntry: TaskQueue.Entry { TaskQueue.Entry(rank: rank, ordinal: ordinal, task: id) }

    /// The newest attempt.
    var attemptID: AttemptID { AttemptID(task: id, attempt: attempt) }

    /// ``waiting`` as owners see it: beside ``waitingFor``, which may be a permission request.
    var shownWaiting: Waiting? { waitingFor == .background || waitingFor == .limit ? waiting : nil }

    /// Returns the task as its owner sees it.
    /// - Parameters:
    ///   - position: Its current position; nil = the last published one.
    ///   - waits: Why it waits now; nil = the last published reason.
    func view(prompt: String? = nil, position: Int? = nil, waits: WaitReason? = nil, stall: Stall? = nil) -> TaskView {
        TaskView(
            id: id, state: state, target: target, device: device, deviceName: deviceName, conversation: conversation,
            agent: agent, prompt: prompt ?? excerpt, cwd: cwd, attempt: attempt,
            queuePosition: state == .queued ? position ?? queuePosition : nil,
            reason: state == .queued ? waits ?? reason : nil, error: error,
            stalled: state.isTerminal ? nil : stall, lastSeq: lastSeq, createdAt: createdAt, startedAt: startedAt,
            endedAt: endedAt, cancelRequestedAt: cancelRequestedAt, choices: choices, retryOf: retryOf,
            waitingFor: waitingFor, waiting: shownWaiting, terminal: terminal,
            splitOutput: splitOutput ? true : nil)
    }
}
