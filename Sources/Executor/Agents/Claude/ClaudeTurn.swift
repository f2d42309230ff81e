import Messages

/// A turn of Claude Code from a person's message to the end of all its work: what its process reports goes in, what follows
/// comes out. A value.
///
/// The turn has three phases. It works until the `result` of the person's message, which decides its outcome. Then it waits
/// for what it has left in the background; the reports of that wake the agent, whose answers belong to the same turn. It is
/// over when nothing runs, nothing is left and no report is on its way to the agent.
///
/// `session_state_changed` says when the agent is idle; a Claude Code that does not send it counts as idle after each
/// `result`.
struct ClaudeTurn {
    /// What its owner does next.
    enum Effect: Equatable {
        /// The agent has this message of a person, given by ``give(_:)``.
        case taken(String)
        /// The agent has dropped the message.
        case dropped(String)
        /// Show what the turn waits for; nil = it works again.
        case waiting(BackgroundWork?)
        /// Call ``reportsAreLate(_:)`` with this number after a while, where the agent does not begin to answer a report.
        case watchReports(Int)
        /// A later turn of the agent has failed; the outcome stays.
        case laterFailure(TurnOutcome)
        /// Nothing is left: the process takes another turn.
        case over
        /// The turn is over and this is left; the process must end.
        case end(BackgroundWork)
    }

    /// The id of the person's message.
    let prompt: String
    /// Whether what is left is ended once the person has an answer.
    let endsWork: Bool
    /// How the person's message ended; nil = it has not.
    private(set) var first: ClaudeTranslator.Ending?
    /// What runs in the background.
    private(set) var work = BackgroundWork()
    /// Whether the agent has begun with the prompt, so that its session knows it.
    private(set) var isKnown = false
    private(set) var isOver = false
    /// Messages that the agent has not finished with.
    private var messages: [String: Bool]
    /// Reports of background work that the agent has not begun to answer.
    private var reports: Set<String> = []
    /// How many reports there were.
    private var reportCount = 0
    private var isRunning = true
    private var isStopped = false
    /// Whether the process says when it is idle.
    private var saysIdle = false
    /// Whether the process says what happens to messages.
    private var saysMessages = false
    private var shown: BackgroundWork?

    init(prompt: String, endsWork: Bool) {
        self.prompt = prompt
        self.endsWork = endsWork
        messages = [prompt: false]
    }

    // MARK: Input

    /// Another message of a person was written to the process.
    mutating func give(_ message: String) -> [Effect] {
        messages[message] = false
        return next()
    }

    /// The process has reported something.
    mutating func read(_ meaning: ClaudeTurnLine.Meaning) -> [Effect] {
        guard !isOver else { return [] }
        switch meaning {
        case .running:
            (saysIdle, isRunning) = (true, true)
            reports = []
        case .requesting:
            if !saysIdle { isRunning = true }
            // The agent answers a report at once, without being idle first.
            if first != nil, !waits, !hasMessages { return end(true) }
        case .activity: break
        case .idle:
            (saysIdle, isRunning) = (true, false)
            endWithoutResult()
        case .message(let id, let state): return read(id, state) + next()
        case .background(let work): self.work = work
        case .reported(let id): return reported(id) + next()
        }
        return next()
    }

    private mutating func read(_ id: String, _ state: String) -> [Effect] {
        saysMessages = true
        guard let wasTaken = messages[id] else { return [] }
        switch state {
        case "started":
            messages[id] = true
            return wasTaken || id == prompt ? [] : [.taken(id)]
        case "completed", "cancelled":
            messages[id] = nil
            return wasTaken || id == prompt ? [] : [.dropped(id)]
        default: return []
        }
    }

    private mutating func reported(_ id: String) -> [Effect] {
        // A report that comes while the agent works is answered before it is idle.
        guard work.items.contains(where: { $0.id == id }), !isRunning || !saysIdle else { return [] }
        reports.insert(id)
        reportCount += 1
        return [.watchReports(reportCount)]
    }

    /// The agent has not begun to answer reports in time: it will not.
    /// - Parameter count: the number in the ``Effect/watchReports(_:)``; a newer report has a time of its own.
    mutating func reportsAreLate(_ count: Int) -> [Effect] {
        guard !isOver, !isRunning, !reports.isEmpty, count == reportCount else { return [] }
        reports = []
        return next()
    }

    /// A `result` was read.
    mutating func ended(_ ending: ClaudeTranslator.Ending) -> [Effect] {
        guard !isOver else { return [] }
        if !saysIdle { isRunning = false }
        if !saysMessages { messages = [:] }
        guard first == nil else { return later(ending) + next() }
        // A resumed session may report work of its earlier process before it begins with the prompt.
        guard ending.origin == nil || (isKnown && ending.origin != Self.report) else { return later(ending) }
        first = ending
        return isStopped ? end(isLeft) : next()
    }

    /// The origin of a turn in which the agent answers a report.
    private static let report = "task-notification"

    private mutating func later(_ ending: ClaudeTranslator.Ending) -> [Effect] {
        if !saysIdle { reports = [] }
        guard ending.outcome.state == .failed else { return [] }
        // A person's message without an answer is a task without one.
        if first != nil, ending.origin == nil, messages.contains(where: { $0.key != prompt && $0.value }) {
            first = ending
            return []
        }
        return [.laterFailure(ending.outcome)]
    }

    /// The agent is idle and done with the prompt, and no `result` was read: it was too long, or of an unknown form.
    private mutating func endWithoutResult() {
        guard first == nil, saysMessages, messages[prompt] == nil else { return }
        first = ClaudeTranslator.Ending(
            outcome: .failed(.agentFailed, "Claude Code ended its turn without a result that could be read"))
    }

    /// The process has begun a turn in its session. One that reports work of an earlier process comes before the prompt.
    mutating func sessionBegun() {
        if !saysMessages || messages[prompt] != false { isKnown = true }
    }

    // MARK: The end

    /// The person's next message waits: a turn that only waits is ended, one that answers a message meanwhile is not.
    mutating func wrapUp() -> [Effect] { first == nil || isOver || hasMessages ? [] : end(true) }

    /// The turn is stopped. A turn that still works ends with its `result`.
    mutating func stop() -> [Effect] {
        isStopped = true
        return first == nil || isOver ? [] : end(true)
    }

    /// Whether something of the turn goes on.
    private var isLeft: Bool { !work.isEmpty || !reports.isEmpty || hasMessages }

    /// Whether a person's later message has no answer yet.
    private var hasMessages: Bool { messages.contains { $0.key != prompt } }

    /// Whether the turn waits for what it has left. A turn that has failed does not.
    private var waits: Bool { !endsWork && first?.outcome.state != .failed }

    private mutating func end(_ isLeft: Bool) -> [Effect] {
        isOver = true
        return [isLeft ? .end(work) : .over]
    }

    private mutating func next() -> [Effect] {
        guard first != nil else { return [] }
        if !isRunning, !isLeft {
            isOver = true
            return [.over]
        }
        if !waits, !hasMessages, isLeft { return end(true) }
        return show()
    }

    /// Shows what the turn waits for, where that has changed.
    private mutating func show() -> [Effect] {
        // While the agent answers the last report, the turn still waits for what that was about.
        let next = hasMessages ? nil : work.isEmpty ? shown : work
        guard next != shown else { return [] }
        shown = next
        return [.waiting(next)]
    }
}
