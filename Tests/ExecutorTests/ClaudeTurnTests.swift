import Foundation
import Messages
import Testing

@testable import Executor

@Suite("A turn of Claude Code, to the end of its background work")
struct ClaudeTurnTests {
    private let done = ClaudeTranslator.Ending(outcome: .completed)
    private let answered = ClaudeTranslator.Ending(outcome: .completed, origin: "task-notification")
    private let sleeping = BackgroundWork(items: [.init(id: "b1", kind: "command", title: "sleep 300")])
    private let none = BackgroundWork()

    /// A turn that has begun, with `work` in the background.
    private func begun(_ work: BackgroundWork? = nil, endsWork: Bool = false) -> ClaudeTurn {
        var turn = ClaudeTurn(prompt: "p", endsWork: endsWork)
        _ = turn.read(.running)
        _ = turn.read(.message("p", state: "started"))
        turn.sessionBegun()
        if let work { _ = turn.read(.background(work)) }
        return turn
    }

    @Test("A turn without background work is over when the agent is idle after the result")
    func endsWhenIdle() {
        var turn = begun()
        #expect(turn.ended(done) == [])
        #expect(turn.read(.message("p", state: "completed")) == [])
        #expect(turn.read(.idle) == [.over])
        #expect(turn.isOver && turn.isKnown)
    }

    @Test("A Claude Code that does not say when it is idle ends its turn with the result")
    func endsWithResult() {
        var turn = ClaudeTurn(prompt: "p", endsWork: false)
        turn.sessionBegun()
        #expect(turn.ended(done) == [.over])
        #expect(turn.isKnown)
    }

    @Test("A turn waits for its background work, and for the agent's answer to its report")
    func waitsForWork() {
        var turn = begun(sleeping)
        #expect(turn.ended(done) == [.waiting(sleeping)])
        #expect(turn.read(.idle) == [])
        #expect(turn.read(.reported("b1")) == [.watchReports(1)])
        #expect(turn.read(.background(none)) == [])
        #expect(turn.read(.running) == [])
        #expect(turn.ended(answered) == [])
        #expect(turn.read(.idle) == [.over])
    }

    @Test("A report that the agent never answers does not keep the turn open")
    func doesNotWaitForever() {
        var turn = begun(sleeping)
        _ = turn.ended(done)
        _ = turn.read(.idle)
        _ = turn.read(.reported("b1"))
        #expect(turn.read(.background(none)) == [])
        #expect(turn.reportsAreLate(1) == [.over])
    }

    @Test("A newer report has a time of its own")
    func reportsHaveTheirTime() {
        var turn = begun(BackgroundWork(items: sleeping.items + [.init(id: "b2", kind: "command", title: "make")]))
        _ = turn.ended(done)
        _ = turn.read(.idle)
        #expect(turn.read(.reported("b1")) == [.watchReports(1)])
        #expect(turn.read(.reported("b2")) == [.watchReports(2)])
        _ = turn.read(.background(none))
        #expect(turn.reportsAreLate(1) == [])
        #expect(turn.reportsAreLate(2) == [.over])
    }

    @Test("A turn whose result cannot be read fails when the agent is idle", arguments: ["completed", "cancelled"])
    func endsWithoutResult(state: String) {
        var turn = begun()
        #expect(turn.read(.message("p", state: state)) == [])
        #expect(turn.read(.idle) == [.over])
        #expect(turn.first?.outcome.fault?.code == .agentFailed)
    }

    @Test("A result of an unknown origin is the person's once the agent has begun with the prompt")
    func takesUnknownOrigin() {
        var turn = begun()
        let ending = ClaudeTranslator.Ending(outcome: .completed, origin: "human")
        _ = turn.ended(ending)
        #expect(turn.first == ending)
    }

    @Test("A message that has no answer is the outcome of the turn")
    func messageFails() {
        var turn = begun()
        _ = turn.give("m")
        _ = turn.ended(done)
        _ = turn.read(.message("m", state: "started"))
        let limit = ClaudeTranslator.Ending(
            outcome: .failed(.usageLimit, "later"), retryAt: Timestamp("2100-01-01T00:00:00Z"))
        _ = turn.ended(limit)
        #expect(turn.first == limit)
        _ = turn.read(.message("m", state: "completed"))
        #expect(turn.read(.idle) == [.over])
    }

    @Test("The outcome is that of the person's turn; a later failure is only reported")
    func keepsFirstOutcome() {
        var turn = begun(sleeping)
        _ = turn.ended(done)
        let failed = ClaudeTranslator.Ending(outcome: .failed(.agentFailed, "no"), origin: "task-notification")
        #expect(turn.ended(failed) == [.laterFailure(failed.outcome)])
        #expect(turn.first == done)
    }

    @Test("A report of an earlier process's work before the turn is not the turn's result")
    func ignoresEarlierResult() {
        var turn = ClaudeTurn(prompt: "p", endsWork: false)
        _ = turn.read(.running)
        _ = turn.read(.message("p", state: "queued"))
        turn.sessionBegun()
        #expect(turn.ended(answered) == [])
        #expect(turn.first == nil && !turn.isKnown)
        _ = turn.read(.message("p", state: "started"))
        turn.sessionBegun()
        #expect(turn.isKnown)
        _ = turn.ended(done)
        #expect(turn.read(.idle) == [.over])
    }

    @Test("The next message, or a stop, ends what is left; a turn that still works goes on")
    func endsWork() {
        var working = begun(sleeping)
        #expect(working.wrapUp() == [])
        _ = working.ended(done)
        #expect(working.wrapUp() == [.end(sleeping)])
        #expect(working.wrapUp() == [])
        var stopped = begun(sleeping)
        #expect(stopped.stop() == [])
        #expect(stopped.ended(done) == [.end(sleeping)])
        var idle = begun()
        _ = idle.stop()
        #expect(idle.ended(done) == [.over])
    }

    @Test("A task that does not wait for background work ends at its result")
    func endsAtResult() {
        var turn = begun(sleeping, endsWork: true)
        #expect(turn.ended(done) == [.end(sleeping)])
        var plain = begun(endsWork: true)
        #expect(plain.ended(done) == [])
        #expect(plain.read(.idle) == [.over])
    }

    @Test("A task that does not wait ends with the agent's own next turn, and not with a person's message")
    func endsBeforeOwnTurn() {
        var turn = begun(endsWork: true)
        _ = turn.give("m")
        #expect(turn.ended(done) == [])
        #expect(turn.read(.requesting) == [])
        _ = turn.read(.message("m", state: "started"))
        _ = turn.ended(done)
        _ = turn.read(.message("m", state: "completed"))
        #expect(turn.read(.requesting) == [.end(none)])
    }

    @Test("A turn that has failed does not wait for its background work")
    func failureEndsWork() {
        var turn = begun(sleeping)
        let failed = ClaudeTranslator.Ending(outcome: .failed(.usageLimit, "later"))
        #expect(turn.ended(failed) == [.end(sleeping)])
        #expect(turn.first == failed)
    }

    @Test("A message to the running turn is taken once, and keeps the turn open until the agent has answered it")
    func takesMessage() {
        var turn = begun()
        #expect(turn.give("m") == [])
        #expect(turn.read(.message("m", state: "queued")) == [])
        #expect(turn.ended(done) == [])
        #expect(turn.read(.idle) == [])
        #expect(turn.read(.message("m", state: "started")) == [.taken("m")])
        #expect(turn.read(.running) == [])
        #expect(turn.ended(done) == [])
        #expect(turn.read(.message("m", state: "completed")) == [])
        #expect(turn.read(.idle) == [.over])
    }

    @Test("A turn that answers a message does not count as waiting for background work")
    func messageIsNoWaiting() {
        var turn = begun(sleeping)
        #expect(turn.ended(done) == [.waiting(sleeping)])
        #expect(turn.give("m") == [.waiting(nil)])
        _ = turn.read(.message("m", state: "started"))
        #expect(turn.wrapUp() == [])
        #expect(turn.read(.message("m", state: "completed")) == [.waiting(sleeping)])
        #expect(turn.wrapUp() == [.end(sleeping)])
    }

    @Test(
        "Lines of Claude Code have their meaning for turns",
        arguments: [
            (#"{"type":"system","subtype":"session_state_changed","state":"running"}"#, ClaudeTurnLine.Meaning.running),
            (#"{"type":"system","subtype":"session_state_changed","state":"idle"}"#, .idle),
            (#"{"type":"system","subtype":"status","status":"requesting"}"#, .requesting),
            (#"{"type":"command_lifecycle","command_uuid":"u","state":"started"}"#, .message("u", state: "started")),
            (#"{"type":"system","subtype":"task_notification","task_id":"b1","status":"completed"}"#, .reported("b1")),
            (#"{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool"}}"#, .activity),
        ])
    func decodes(_ line: String, _ meaning: ClaudeTurnLine.Meaning) throws {
        #expect(try JSONDecoder().decode(ClaudeTurnLine.self, from: Data(line.utf8)).meaning == meaning)
    }

    @Test("Background work is named for people")
    func namesWork() throws {
        let line = """
            {"type":"system","subtype":"background_tasks_changed","tasks":[
            {"task_id":"b1","task_type":"local_bash","description":"npm run dev"},{"task_id":"a1","task_type":"local_agent"}]}
            """
        let decoded = try JSONDecoder().decode(ClaudeTurnLine.self, from: Data(line.utf8))
        guard case .background(let work) = decoded.meaning else {
            Issue.record("not background work")
            return
        }
        #expect(work.items.map(\.kind) == ["command", "sub-agent"])
        #expect(work.summary() == "2 background tasks: npm run dev")
        #expect(sleeping.summary() == "a background command: sleep 300")
        #expect(sleeping.summary(limit: 20).count == 20)
        let stopped = #"{"type":"system","subtype":"task_notification","task_id":"b1","status":"stopped"}"#
        #expect(try JSONDecoder().decode(ClaudeTurnLine.self, from: Data(stopped.utf8)).meaning == nil)
    }
}
