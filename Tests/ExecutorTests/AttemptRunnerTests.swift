import Messages
import Testing

@testable import Executor

@Suite("The state machine of an attempt, without a process, a socket or a clock")
struct AttemptRunnerTests {
    private let assign = TaskAssign(
        task: .generate(), attempt: 2, epoch: 1, leaseS: 30, conversation: .generate(), agent: "shell", prompt: "true")
    private let now = Timestamp.now()
    private let instant = ContinuousClock.now
    private let completed = TurnOutcome(state: .completed, fault: nil, exitCode: 0)
    private let bound = 1 << 20

    private func starting() -> AttemptRunner { AttemptRunner(assign, device: "box") }

    private func running() -> AttemptRunner {
        var runner = starting()
        _ = runner.launched(in: "/work", now)
        return runner
    }

    private func stopped(_ reason: AttemptRunner.Stop) -> AttemptRunner {
        var runner = running()
        _ = runner.stop(reason, grace: 3)
        return runner
    }

    private func verdict(_ actions: [AttemptRunner.Action]) -> TaskFinished? {
        for case .conclude(let verdict) in actions { return verdict }
        return nil
    }

    @Test("The start is announced once, whether output or the launch comes first")
    func announcesStartOnce() {
        var runner = starting()
        #expect(runner.assignedAgain() == [])
        let actions = [
            runner.started(in: "/work", now), runner.launched(in: "/work", now), runner.assignedAgain(),
        ]
        let announced = AttemptRunner.Action.announce(since: now, directory: "/work")
        #expect(actions == [[announced], [], [announced]])
        #expect(runner.phase == .running(since: now, directory: "/work"))
    }

    @Test("A stop during the start is carried out after the launch")
    func stopsAfterLaunch() {
        var runner = starting()
        let stop = runner.stop(.requested(discard: false), grace: 3)
        #expect(stop == [.resume, .closeRequests, .stop(grace: 3)])
        let launched = runner.launched(in: "/work", now)
        #expect(launched == [.announce(since: now, directory: "/work"), .stop(grace: 3)])
    }

    @Test("A failed start forgets the attempt and rejects it")
    func rejectsFailedStart() {
        let fault = Fault(.spawnFailed, "no")
        #expect(starting().startFailed(fault) == [.forget, .reject(fault), .report])
    }

    @Test("A missing session asks for the history, unless the attempt was stopped")
    func asksHistory() {
        var runner = starting()
        #expect(runner.sessionGone() == [.forget, .askHistory, .report])
        _ = runner.stop(.requested(discard: false), grace: 3)
        #expect(runner.sessionGone() == [.forget, .report])
    }

    @Test("A full spool pauses the agent until a quarter of it is free")
    func pausesOnFullSpool() {
        var runner = running()
        let stored = [runner.stored(unacked: bound - 1, bound: bound), runner.stored(unacked: bound, bound: bound)]
        #expect(stored == [[.send], [.send]])
        #expect(runner.isPaused)
        let early = runner.acknowledged(unacked: bound / 4 * 3 + 1, bound: bound)
        let late = runner.acknowledged(unacked: bound / 4 * 3, bound: bound)
        let again = runner.acknowledged(unacked: 0, bound: bound)
        #expect([early, late, again] == [[], [.resume], []])
        #expect(!runner.isPaused)
    }

    @Test("A stop resumes a paused agent, which is not paused again")
    func stopResumes() {
        var runner = running()
        _ = runner.stored(unacked: bound, bound: bound)
        _ = runner.stop(.lease, grace: 5)
        _ = runner.stored(unacked: bound, bound: bound)
        #expect(!runner.isPaused)
    }

    @Test("After output was lost nothing more is taken")
    func takesNothingAfterLoss() {
        var runner = stopped(.lease)
        let most = bound + ExecutorLimits.spoolAfterStop
        let taken = [most - 1, most, 0].map { unacked in
            _ = runner.stored(unacked: unacked, bound: bound)
            return runner.takes(bound: bound)
        }
        #expect(taken == [true, false, false])
        #expect(runner.isCut)
    }

    @Test("Output that cannot be stored stops the attempt and fails it")
    func failedStoreStops() {
        var runner = running()
        let actions = runner.storeFailed("full")
        #expect(actions == [.resume, .closeRequests, .stop(grace: 5)])
        #expect(runner.judge(completed).fault?.code == .storageFailed)
    }

    @Test("Output of a discarded attempt is not taken")
    func discardTakesNothing() {
        var runner = stopped(.requested(discard: true))
        let taken = runner.takes(bound: bound)
        #expect(!taken)
    }

    @Test("The first reason of a stop counts, except that a discard always counts")
    func firstReasonCounts() {
        var runner = stopped(.lease)
        let second = runner.stop(.requested(discard: false), grace: 1)
        #expect(second == [])
        #expect(runner.stop == .lease && runner.grace == 3)
        _ = runner.stop(.requested(discard: true), grace: 1)
        #expect(runner.stop == .requested(discard: true))
    }

    @Test("The lease stops the attempt after more silence than it allows, once", arguments: [29.9, 30, 30.1])
    func leaseStops(silence: Double) {
        var runner = running()
        let actions = runner.silent(for: silence)
        #expect(actions.isEmpty == (silence <= 30))
        #expect(runner.silent(for: 60).isEmpty == (silence > 30))
    }

    @Test("The report of the free slot precedes the verdict")
    func reportsBeforeVerdict() throws {
        var runner = running()
        let actions = runner.finished(completed, now, instant)
        let verdict = try #require(self.verdict(actions))
        #expect(actions == [.resume, .closeRequests, .forgetRequests, .report, .conclude(verdict), .send])
        #expect(verdict.state == .completed && verdict.exitCode == 0 && verdict.attempt == 2)
        #expect(!runner.holdsSlot)
        #expect(runner.phase == .ended(verdict, since: instant))
        let repeated = runner.finished(completed, now, instant)
        #expect(repeated == [])
        runner.verdictKept()
        #expect(runner.phase == .concluded)
        #expect(runner.assignedAgain() == [.resend, .send])
    }

    @Test("The end of a discarded attempt has no verdict")
    func discardHasNoVerdict() {
        var runner = stopped(.requested(discard: true))
        let actions = runner.finished(.cancelled, now, instant)
        #expect(actions == [.resume, .closeRequests, .forgetRequests, .discard, .report])
    }

    @Test("A stop of an attempt that has ended is answered by a report")
    func stopAfterEnd() {
        var runner = running()
        _ = runner.finished(completed, now, instant)
        let kept = runner.stop(.requested(discard: false), grace: 1)
        let discarded = runner.stop(.requested(discard: true), grace: 1)
        #expect([kept, discarded] == [[.report, .send], [.discard, .report]])
    }

    @Test(
        "An attempt that has lost output is not completed",
        arguments: [
            (AttemptRunner.Stop.requested(discard: false), TaskState.cancelled, nil as ErrorCode?),
            (.lease, .failed, .storageFailed), (.shutdown, .failed, .storageFailed),
            (.storage("full"), .failed, .storageFailed),
        ])
    func lostOutputIsNotCompleted(stop: AttemptRunner.Stop, state: TaskState, code: ErrorCode?) {
        var runner = stopped(stop)
        #expect(runner.judge(completed) == completed)
        _ = runner.stored(unacked: bound + ExecutorLimits.spoolAfterStop, bound: bound)
        _ = runner.takes(bound: bound)
        let outcome = runner.judge(completed)
        #expect(outcome.state == state)
        #expect(outcome.fault?.code == code)
    }

    @Test(
        "The reason of a stop decides the verdict on a turn that it interrupted",
        arguments: [
            (AttemptRunner.Stop.requested(discard: false), TaskState.cancelled, nil as ErrorCode?),
            (.lease, .failed, .deviceDisconnected), (.shutdown, .failed, .executorRestarted),
            (.broken(Fault(.storageFailed, "gone")), .failed, .storageFailed),
        ])
    func reasonDecidesVerdict(stop: AttemptRunner.Stop, state: TaskState, code: ErrorCode?) {
        let outcome = stopped(stop).judge(.failed(.exitStatus, "the command ended with status 1", exitCode: 1))
        #expect(outcome.state == state && outcome.fault?.code == code && outcome.exitCode == 1)
    }

    @Test("An attempt of a previous run gets a verdict once, and holds no slot")
    func endsPreviousRun() {
        var runner = AttemptRunner(previousRun: AttemptID(task: .generate(), attempt: 1), device: "box")
        #expect(!runner.holdsSlot)
        let concluded = runner.previousRunFound(hasVerdict: true, now, instant)
        #expect(concluded == [])
        let open = runner.previousRunFound(hasVerdict: false, now, instant)
        #expect(verdict(open)?.error?.code == .executorRestarted)
    }

    // MARK: Messages and background work

    @Test("A person's message is given to the agent once, however often it is sent")
    func steersOnce() {
        var runner = running()
        let message = PersonMessage(id: .generate(), text: "left")
        #expect(runner.steer(message) == [.steer(message)])
        #expect(runner.steer(message) == [])
        let other = PersonMessage(id: .generate(), text: "right")
        #expect(runner.steer(other) == [.steer(other)])
    }

    @Test("A refused message may be given again; one for a starting attempt waits for its repetition")
    func refusesMessage() {
        let message = PersonMessage(id: .generate(), text: "left")
        let fault = Fault(.steerUnsupported, "no")
        var runner = starting()
        #expect(runner.steer(message) == [])
        #expect(runner.steerRefused(message.id, fault) == [])
        _ = runner.launched(in: "/work", now)
        _ = runner.steer(message)
        #expect(runner.steerRefused(message.id, fault) == [.refuseMessage(message.id, fault)])
        #expect(runner.steer(message) == [.steer(message)])
    }

    @Test("A message for an attempt that is stopped or has ended is refused")
    func refusesLateMessage() {
        let message = PersonMessage(id: .generate(), text: "left")
        var stopped = stopped(.requested(discard: false))
        var ended = running()
        _ = ended.finished(completed, now, instant)
        let refusal = [AttemptRunner.Action.refuseMessage(message.id, AttemptRunner.ended(stopped.id))]
        #expect(stopped.steer(message) == refusal)
        #expect(ended.steer(message) == refusal)
    }

    @Test("Background work is ended for the next task while the attempt runs, and not while it starts or stops")
    func wrapsUp() {
        #expect(starting().wrapUp() == [])
        #expect(running().wrapUp() == [.wrapUp])
        #expect(stopped(.requested(discard: false)).wrapUp() == [])
        var ended = running()
        _ = ended.finished(completed, now, instant)
        #expect(ended.wrapUp() == [.report, .send])
    }

    @Test("The verdict of a usage limit has the time of its reset")
    func keepsResetTime() {
        var runner = running()
        var outcome = TurnOutcome.failed(.usageLimit, "the limit resets later")
        outcome.retryAt = now
        let finished = verdict(runner.finished(outcome, now, instant))
        #expect(finished?.retryAt == now)
        #expect(finished?.error?.code == .usageLimit)
    }
}
