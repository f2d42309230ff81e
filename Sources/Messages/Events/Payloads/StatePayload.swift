/// `state`: the task's state changed, or what it waits for; written by the dispatcher.
public struct StatePayload: EventPayload {
    /// The state from now on.
    public var state: TaskState
    /// Why it waits, when queued.
    public var reason: WaitReason?
    /// Its place in the queue from 1, when queued.
    public var queuePosition: Int?
    /// The device that runs it, when assigned or running.
    public var device: String?
    /// That device's name.
    public var deviceName: String?
    /// The attempt, when assigned or running.
    public var attempt: UInt32?
    /// What the task waits for.
    public var waitingFor: WaitingFor?
    /// Details of that.
    public var waiting: Waiting?
    /// Set while it runs on a device that is away.
    public var stalled: Stall?
    /// Why it failed, when failed.
    public var error: Fault?

    public init(
        state: TaskState, reason: WaitReason? = nil, queuePosition: Int? = nil, device: String? = nil,
        deviceName: String? = nil, attempt: UInt32? = nil, waitingFor: WaitingFor? = nil, waiting: Waiting? = nil,
        stalled: Stall? = nil, error: Fault? = nil
    ) {
        self.state = state
        self.reason = reason
        self.queuePosition = queuePosition
        self.device = device
        self.deviceName = deviceName
        self.attempt = attempt
        self.waitingFor = waitingFor
        self.waiting = waiting
        self.stalled = stalled
        self.error = error
    }

    private enum CodingKeys: String, CodingKey {
        case state, reason, attempt, waiting, stalled, error
        case queuePosition = "queue_position"
        case device = "device_id"
        case deviceName = "device_name"
        case waitingFor = "waiting_for"
    }

    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("state", state.rawValue)
        out.field("reason", reason?.rawValue)
        out.field("queue_position", queuePosition)
        out.field("device_id", device)
        out.field("device_name", deviceName)
        out.field("attempt", attempt)
        out.field("waiting_for", waitingFor?.rawValue)
        if let waiting {
            out.key("waiting")
            out.beginObject()
            out.field("since", waiting.since.description)
            out.field("until", waiting.until?.description)
            out.field("what", waiting.what)
            out.endObject()
        }
        if let stalled {
            out.key("stalled")
            out.beginObject()
            out.field("since", stalled.since.description)
            out.field("fails_at", stalled.failsAt?.description)
            out.field("requeues_at", stalled.requeuesAt?.description)
            out.endObject()
        }
        if let error {
            out.key("error")
            out.beginObject()
            out.field("code", error.code.rawValue)
            out.field("message", error.message)
            out.endObject()
        }
        out.endObject()
    }
}
