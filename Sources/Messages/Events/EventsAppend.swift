/// Carries an executor's events to the leader: the hot path. The body is that of an ``EventBatch``; the events of one
/// attempt are in order and without gaps.
///
/// Reading it checks every payload: it is the only way of an executor's events into the dispatcher, so that no gateway
/// and no other sender can get round the check. An event whose payload is refused becomes a `log` event with its number;
/// the output behind it is not lost with it.
public struct EventsAppend: BinaryMessage, Equatable {
    public static let type = "events.append"
    /// The events.
    public private(set) var batch: EventBatch
    /// What was refused when it was read, for the session; nil = nothing was.
    public private(set) var refused: EventsRefused?

    public init(_ events: [Event]) { batch = EventBatch(events) }

    public init(bytes: [UInt8]) throws {
        batch = try EventBatch(bytes: bytes)
        for index in batch.events.indices {
            if let flaw = batch.events[index].payload.withUnsafeBytes(JSONCheck.flaw) { refuse(index, flaw) }
        }
    }

    public var bytes: [UInt8] { batch.bytes }

    private mutating func refuse(_ index: Int, _ flaw: JSONFlaw) {
        let event = batch.events[index]
        let sentence =
            "the payload of event \(event.attemptSeq) (\(event.kind), \(event.payload.count) bytes) was refused: it is not "
            + "one JSON object in UTF-8, since \(flaw)"
        batch.events[index].payload = LogPayload(level: "error", message: sentence, source: "dispatcher").bytes
        batch.events[index].kind = .log
        batch.events[index].flags = []
        guard refused == nil else {
            refused?.count += 1
            return
        }
        refused = EventsRefused(
            task: event.task, attempt: event.attempt, attemptSeq: event.attemptSeq, count: 1,
            fault: Fault(.malformed, sentence))
    }
}

/// Reports to an executor that events were refused: each is shown as a `log` event in its place, and is acknowledged. At
/// most one in 2 s and task is sent.
public struct EventsRefused: Message, Equatable {
    public static let type = "events.refused"
    /// The task of the first refused event.
    public var task: TaskID
    /// Its attempt, from 1.
    public var attempt: UInt32
    /// Its attempt_seq.
    public var attemptSeq: UInt64
    /// How many events of one message were refused.
    public var count: Int
    /// Why the first was.
    public var fault: Fault

    public init(task: TaskID, attempt: UInt32, attemptSeq: UInt64, count: Int, fault: Fault) {
        self.task = task
        self.attempt = attempt
        self.attemptSeq = attemptSeq
        self.count = count
        self.fault = fault
    }

    enum CodingKeys: String, CodingKey {
        case attempt, count, fault
        case task = "task_id"
        case attemptSeq = "attempt_seq"
    }
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
