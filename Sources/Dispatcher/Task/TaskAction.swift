import Messages

/// What the service does after an input to a ``TaskMachine``.
enum TaskAction: Sendable, Equatable {
    /// Commit the record; publish nothing.
    case write
    /// Commit this event with the record.
    case log(Event)
    /// Commit this permission request with the record, and send it or its answer to the executor.
    case approval(ApprovalRecord)
    /// Send the newest attempt to its executor, now and every 2 s until it answers.
    case assign
    /// Send a stop of the newest attempt to its executor, now and every 2 s until it confirms.
    case stop
    /// After the commit, acknowledge the newest attempt's events up to this attempt_seq.
    case acknowledge(UInt64)
    /// Request the newest attempt's events again, from this attempt_seq.
    case resync(from: UInt64)
    /// Release the attempt's slot. Not confirmed: the executor may still run the attempt.
    case release(AttemptID, confirmed: Bool)
    /// Put the task back into its queue, at its old place. `paused`: assign nothing to the executor before its next report.
    case requeue(paused: Bool)
    /// Call the machine back at a monotonic time in ms, in place of an earlier alarm of this kind. Writes nothing.
    case alarm(TaskAlarm, at: Int64)
    /// The task has ended; always the last action.
    case ended

    /// Whether the record is committed with it.
    var isWritten: Bool {
        if case .alarm = self { false } else { true }
    }
}

/// A time limit that a ``TaskMachine`` checks.
enum TaskAlarm: Sendable, Equatable {
    /// ``TaskMachine/expire(_:isHeld:now:)``
    case expiry
    /// ``TaskMachine/limitReached(connected:monotonic:now:)``
    case limit
    /// ``TaskMachine/silenceReached(connected:monotonic:now:)``
    case idle
    /// ``TaskMachine/limitEnded(monotonic:now:)``
    case reset
}
