import Messages

/// The state machine of one attempt on this device: events go in, actions come out.
///
/// `starting → running → ended → concluded`. An attempt holds a slot while it is starting or running. It is forgotten
/// once the server has acknowledged its verdict.
struct AttemptRunner: Sendable {
    enum Phase: Equatable, Sendable {
        /// Its process does not exist yet.
        case starting
        /// Its process has existed since this time, in this directory (an absolute path).
        case running(since: Timestamp, directory: String)
        /// It has a verdict that is not on disk yet.
        case ended(TaskFinished, since: ContinuousClock.Instant)
        /// Its verdict is in the outbox and waits for the server's acknowledgement.
        case concluded
    }

    /// Why an attempt was stopped.
    enum Stop: Equatable, Sendable {
        /// The dispatcher asked for it: a cancel, or another attempt has replaced this one. With `discard` its events
        /// are not wanted.
        case requested(discard: Bool)
        /// No dispatcher was heard for longer than the lease.
        case lease
        /// Its events cannot be written to disk; the reason.
        case storage(String)
        /// Its stream cannot be continued; the reason.
        case broken(Fault)
        /// The executor itself stops.
        case shutdown
    }

    /// What the owner of this value does next, in order.
    enum Action: Equatable, Sendable {
        /// Send `task.started`.
        case announce(since: Timestamp, directory: String)
        /// Send what the outbox has ready.
        case send
        /// Send again everything that is not acknowledged.
        case resend
        /// Resume the agent if it is paused.
        case resume
        /// Stop the agent's run, by force after `grace` seconds.
        case stop(grace: Double)
        /// End what the agent's turn has left in the background.
        case wrapUp
        /// Give a person's message to the agent.
        case steer(PersonMessage)
        /// Send `task.steer_refused`.
        case refuseMessage(MessageID, Fault)
        /// Close the agent's open permission requests.
        case closeRequests
        /// Forget the permission requests that were closed without an answer.
        case forgetRequests
        /// Report slots and attempts to the dispatcher.
        case report
        /// Append the verdict to the outbox.
        case conclude(TaskFinished)
        /// Delete the events; the attempt is over and is not run again.
        case discard
        /// Delete the attempt as if it had never been assigned.
        case forget
        /// Send `task.rejected`.
        case reject(Fault)
        /// Ask the dispatcher for the whole history of the conversation.
        case askHistory
    }

    let id: AttemptID
    /// nil for an attempt of a previous run.
    let conversation: ConversationID?
    /// The device's name, for errors.
    let device: String
    /// Seconds without a dispatcher after which the attempt ends itself; 0 = never.
    let lease: Double
    private(set) var phase: Phase
    /// Why it was stopped; nil = it was not.
    private(set) var stop: Stop?
    /// Seconds between the interrupt and the kill, once it is stopped.
    private(set) var grace = 5.0
    /// Whether some of its output was lost. Nothing may follow: a viewer could not see the gap.
    private(set) var isCut = false
    /// Bytes in the spool that the server has not acknowledged.
    private var unacked = 0
    /// Whether its agent waits for room in the spool.
    private(set) var isPaused = false
    /// Messages of a person that its agent was given. The dispatcher repeats one until it sees it in the stream.
    private var messages: Set<MessageID> = []

    /// An attempt that takes a slot.
    init(_ message: TaskAssign, device: String) {
        id = AttemptID(task: message.task, attempt: message.attempt)
        conversation = message.conversation
        lease = message.leaseS
        self.device = device
        phase = .starting
    }

    /// An attempt that a previous run of the executor has left in its spool.
    init(previousRun id: AttemptID, device: String) {
        self.id = id
        conversation = nil
        lease = 0
        self.device = device
        phase = .concluded
    }

    var holdsSlot: Bool {
        switch phase {
        case .starting, .running: true
        case .ended, .concluded: false
        }
    }

    /// Whether it runs and nothing has stopped it.
    var isActive: Bool { holdsSlot && stop == nil }

    // MARK: Start

    /// The same attempt is assigned again. An attempt that has ended is sent again: the dispatcher has lost its events.
    func assignedAgain() -> [Action] {
        switch phase {
        case .starting: []
        case .running(let since, let directory): [.announce(since: since, directory: directory)]
        case .ended, .concluded: [.resend, .send]
        }
    }

    /// The process exists: its output shows it, or its start has returned.
    mutating func started(in directory: String, _ now: @autoclosure () -> Timestamp) -> [Action] {
        guard case .starting = phase else { return [] }
        let now = now()
        phase = .running(since: now, directory: directory)
        return [.announce(since: now, directory: directory)]
    }

    /// The start has returned, so that the run can be stopped. A stop that came before is carried out now.
    mutating func launched(in directory: String, _ now: Timestamp) -> [Action] {
        guard holdsSlot else { return [] }
        return started(in: directory, now) + (stop == nil ? [] : [.stop(grace: grace)])
    }

    /// The start has failed; nothing runs.
    func startFailed(_ fault: Fault) -> [Action] { [.forget, .reject(fault), .report] }

    /// The agent's session is gone; nothing runs. The dispatcher assigns it again with the whole history.
    func sessionGone() -> [Action] { stop == nil ? [.forget, .askHistory, .report] : [.forget, .report] }

    /// The spool of a previous run was opened.
    mutating func previousRunFound(hasVerdict: Bool, _ now: Timestamp, _ instant: ContinuousClock.Instant) -> [Action] {
        guard !hasVerdict else { return [] }
        return conclude(
            .failed(
                .executorRestarted,
                "the executor on \(device) ended while the task ran; the output so far is kept, and the task can be "
                    + "sent again"), now, instant)
    }

    // MARK: Output

    /// Whether the agent's output is taken.
    /// - Parameter bound: how many unacknowledged bytes pause the agent.
    mutating func takes(bound: Int) -> Bool {
        if !holdsSlot || stop == .requested(discard: true) || isCut { return false }
        if stop != nil, unacked >= bound + ExecutorLimits.spoolAfterStop { isCut = true }
        return !isCut
    }

    /// Output is in the spool, of which `unacked` bytes are not acknowledged. Over the bound the agent is paused.
    mutating func stored(unacked: Int, bound: Int) -> [Action] {
        self.unacked = unacked
        if stop == nil, unacked >= bound { isPaused = true }
        return [.send]
    }

    /// Output could not be written to the spool and is lost.
    mutating func storeFailed(_ why: String) -> [Action] {
        isCut = true
        return stop(.storage(why), grace: 5)
    }

    /// The server has acknowledged output. A paused agent is resumed when a quarter of the spool is free, so that it is
    /// not paused and resumed with each acknowledgement.
    mutating func acknowledged(unacked: Int, bound: Int) -> [Action] {
        self.unacked = unacked
        guard isPaused, unacked <= bound / 4 * 3 else { return [] }
        isPaused = false
        return [.resume]
    }

    // MARK: What a person wants meanwhile

    /// The conversation's next task waits. Before the agent has started there is nothing to end.
    func wrapUp() -> [Action] {
        guard case .running = phase, isActive else { return holdsSlot ? [] : [.report, .send] }
        return [.wrapUp]
    }

    /// A person's message for the running turn; it may be repeated. One that comes while the agent starts is not
    /// answered: the repetition finds it started.
    mutating func steer(_ message: PersonMessage) -> [Action] {
        guard isActive else { return [.refuseMessage(message.id, Self.ended(id))] }
        guard case .running = phase, messages.insert(message.id).inserted else { return [] }
        return [.steer(message)]
    }

    /// The agent did not take a message.
    mutating func steerRefused(_ message: MessageID, _ fault: Fault) -> [Action] {
        messages.remove(message) == nil ? [] : [.refuseMessage(message, fault)]
    }

    /// The refusal of a message for an attempt that does not run.
    static func ended(_ id: AttemptID) -> Fault {
        Fault(.conflict, "the turn of task \(id.task) has ended; send the message as a new task")
    }

    // MARK: Stop

    /// Stops the attempt. The first reason counts, except that a later request to discard always counts.
    mutating func stop(_ reason: Stop, grace: Double) -> [Action] {
        guard holdsSlot else { return reason == .requested(discard: true) ? [.discard, .report] : [.report, .send] }
        guard stop == nil else {
            if reason == .requested(discard: true) { stop = reason }
            return []
        }
        stop = reason
        self.grace = grace
        isPaused = false
        return [.resume, .closeRequests, .stop(grace: grace)]
    }

    /// No dispatcher was heard for `seconds`.
    mutating func silent(for seconds: Double) -> [Action] {
        guard isActive, lease > 0, seconds > lease else { return [] }
        return stop(.lease, grace: 5)
    }

    /// Its stream cannot be continued.
    mutating func streamBroken(_ fault: Fault) -> [Action] { isActive ? stop(.broken(fault), grace: 5) : [] }

    // MARK: End

    /// The agent's turn has ended. The slot is free in the report that precedes the verdict: a client that sees the end
    /// of the task also sees the free slot.
    mutating func finished(_ outcome: TurnOutcome, _ now: Timestamp, _ instant: ContinuousClock.Instant) -> [Action] {
        guard holdsSlot else { return [] }
        isPaused = false
        let conclusion = conclude(judge(outcome), now, instant)
        let close: [Action] = [.resume, .closeRequests, .forgetRequests]
        return close + (stop == .requested(discard: true) ? [.discard, .report] : [.report] + conclusion + [.send])
    }

    private mutating func conclude(
        _ outcome: TurnOutcome, _ now: Timestamp, _ instant: ContinuousClock.Instant
    ) -> [Action] {
        let verdict = TaskFinished(
            task: id.task, attempt: id.attempt, attemptSeq: 0, state: outcome.state, error: outcome.fault,
            exitCode: outcome.exitCode, endedAt: now, retryAt: outcome.retryAt)
        phase = .ended(verdict, since: instant)
        return [.conclude(verdict)]
    }

    /// The verdict is in the outbox.
    mutating func verdictKept() { phase = .concluded }

    /// The verdict on an agent's outcome.
    func judge(_ outcome: TurnOutcome) -> TurnOutcome {
        if case .broken(let fault) = stop {
            return TurnOutcome(state: .failed, fault: fault, exitCode: outcome.exitCode)
        }
        guard let stop else { return outcome }
        // A turn that completed before the stop reached it counts as completed, unless output was lost.
        if outcome.state == .completed, !isCut { return outcome }
        switch stop {
        case .requested: return TurnOutcome(state: .cancelled, fault: nil, exitCode: outcome.exitCode)
        case .storage(let why): return storageFailed(why, outcome)
        case .lease, .shutdown, .broken:
            if outcome.state == .completed { return storageFailed("there was too much of it after the stop", outcome) }
            return interrupted(stop, outcome)
        }
    }

    private func storageFailed(_ why: String, _ outcome: TurnOutcome) -> TurnOutcome {
        .failed(.storageFailed, "\(device) cannot keep the task's output: \(why)", exitCode: outcome.exitCode)
    }

    private func interrupted(_ stop: Stop, _ outcome: TurnOutcome) -> TurnOutcome {
        if stop == .lease {
            return .failed(
                .deviceDisconnected,
                "\(device) lost the connection for longer than the task's lease and ended the task",
                exitCode: outcome.exitCode)
        }
        return .failed(
            .executorRestarted, "the executor on \(device) was stopped while the task ran", exitCode: outcome.exitCode)
    }
}
