import Messages

extension StatePayload {
    /// The payload of the `state` event that shows a task as `record` has it.
    /// - Parameter stall: Set while the task's device is away; ignored in a terminal state.
    init(_ record: TaskRecord, stall: Stall? = nil) {
        self.init(state: record.state)
        if record.state == .queued {
            reason = record.reason
            waitingFor = record.waitingFor
            waiting = record.shownWaiting
            queuePosition = record.queuePosition
        } else if !record.state.isTerminal {
            device = record.device
            deviceName = record.deviceName
            attempt = record.attempt
            waitingFor = record.waitingFor
            waiting = record.shownWaiting
        }
        if !record.state.isTerminal { stalled = stall }
        if record.state == .failed { error = record.error }
    }
}
