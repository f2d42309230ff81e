import Messages

/// A turn of a Claude Code process that has not ended: its state, its viewers and the caller that waits for its end.
struct ClaudeOpenTurn {
    var state: ClaudeTurn
    let sink: any TurnSink
    private let end: CheckedContinuation<ClaudeTranslator.Ending, Never>
    /// Whether a person or the executor has stopped it.
    private(set) var interrupted = false
    /// Whether that came before its process was ended for another reason.
    private var isCancelled = false
    /// Why the process is ended with what the turn has left; nil = it is not.
    var closing: String?
    /// When it began to wait for its background work.
    private var waitsSince: Timestamp?
    /// Messages that a person gave to it and that the agent does not have yet, by the id that the process knows.
    private var messages: [String: PersonMessage] = [:]

    init(state: ClaudeTurn, sink: any TurnSink, end: CheckedContinuation<ClaudeTranslator.Ending, Never>) {
        self.state = state
        self.sink = sink
        self.end = end
    }

    /// Whether nothing may begin in it any more.
    var isEnding: Bool { interrupted || closing != nil || state.isOver }

    /// Why its process is ended with what it has left, for people.
    var reason: String {
        if interrupted { return "the task was stopped" }
        return state.endsWork ? "the task does not wait for background work" : "the turn has failed"
    }

    mutating func interrupt() {
        interrupted = true
        if closing == nil { isCancelled = true }
    }

    mutating func add(_ message: PersonMessage, id: String) { messages[id] = message }

    /// Removes a message that the agent has or has dropped.
    mutating func remove(_ id: String) -> PersonMessage? { messages.removeValue(forKey: id) }

    /// The event that shows what it waits for.
    mutating func waiting(for work: BackgroundWork?) -> AgentEvent {
        let since = waitsSince ?? .now()
        waitsSince = work == nil ? nil : since
        return AgentEvent(
            .waiting, WaitingPayload(waitingFor: work == nil ? nil : .background, since: since, what: work?.summary()))
    }

    /// Returns to the caller. A turn that was stopped and has not completed by itself is cancelled.
    func finish(_ ending: ClaudeTranslator.Ending) {
        var ending = ending
        ending.isKnown = state.isKnown
        if isCancelled, ending.outcome.state == .failed || closing != nil { ending.outcome = .cancelled }
        end.resume(returning: ending)
    }
}
