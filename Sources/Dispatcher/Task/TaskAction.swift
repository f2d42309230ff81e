import Messages

/// What is to be done after an input to a ``TaskMachine``. The record is written whenever there is an action.
enum TaskAction: Sendable, Equatable {
    /// Commit the record; nobody is told.
    case write
    /// Commit this event together with the record.
    case log(Event)
    /// Commit this permission request together with the record, and tell the executor.
    case approval(Approval)
    /// Tell the device of the newest attempt, now and every 2 s until it answers.
    case assign
    /// Tell the device to stop the newest attempt, now and every 2 s until it confirms.
    case stop
    /// After the commit, acknowledge the newest attempt's events up to this attempt_seq.
    case acknowledge(UInt64)
    /// Ask for the newest attempt's events again, from this attempt_seq.
    case resync(from: UInt64)
    /// The attempt has no claim on its slot any more. Not confirmed: the device may still be running it.
    case release(AttemptID, confirmed: Bool)
    /// Back into its queue, at its old place. `paused`: the device gets nothing before its next report.
    case requeue(paused: Bool)
    /// The end, after every other action: nothing follows.
    case ended
}
