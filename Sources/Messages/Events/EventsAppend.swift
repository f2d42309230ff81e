/// Carries an executor's events to the leader: the hot path. The body is that of an ``EventBatch``; the events of one
/// attempt are in order and without gaps.
public struct EventsAppend: BinaryMessage, Equatable {
    public static let type = "events.append"
    /// The events.
    public var batch: EventBatch
    public init(_ events: [Event]) { batch = EventBatch(events) }
    public init(bytes: [UInt8]) throws { batch = try EventBatch(bytes: bytes) }
    public var bytes: [UInt8] { batch.bytes }
}

/// Acknowledges that the leader has committed an attempt's events up to a number; the executor deletes them.
public struct EventsAck: Message, Equatable {
    public static let type = "events.ack"
    /// One entry per attempt.
    public var acks: [AttemptAck]

    public init(acks: [AttemptAck] = []) {
        self.acks = acks
    }
}

/// How far an attempt's events are committed.
public struct AttemptAck: Codable, Sendable, Equatable {
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The last committed attempt_seq; everything up to it is on disk.
    public var seq: UInt64
    public init(task: TaskID, attempt: UInt32, seq: UInt64) {
        self.task = task
        self.attempt = attempt
        self.seq = seq
    }
    enum CodingKeys: String, CodingKey {
        case attempt, seq
        case task = "task_id"
    }
}

/// Asks the executor to send again from `from`: the leader received an attempt_seq that is not the next one.
public struct EventsResync: Message, Equatable {
    public static let type = "events.resync"
    /// The task.
    public var task: TaskID
    /// The attempt, from 1.
    public var attempt: UInt32
    /// The attempt_seq that is expected next.
    public var from: UInt64

    public init(task: TaskID, attempt: UInt32, from: UInt64) {
        self.task = task
        self.attempt = attempt
        self.from = from
    }

    enum CodingKeys: String, CodingKey {
        case attempt, from
        case task = "task_id"
    }
}
