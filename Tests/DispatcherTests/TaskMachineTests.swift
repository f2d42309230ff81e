import Messages
import Testing

@testable import Dispatcher

@Suite("The state machine of a task")
struct TaskMachineTests {
    private let now = Sample.now

    private func machine(_ state: TaskState = .queued) -> TaskMachine {
        var machine = TaskMachine(Sample.record())
        if state != .queued { _ = machine.assign(deviceName: "Linux - box", now: now) }
        if state == .running { _ = machine.started(attempt: 1, now: now) }
        return machine
    }

    private func notes(_ actions: [TaskAction]) -> [String] {
        actions.compactMap { if case .log(let event) = $0 { event.json } else { nil } }
    }

    @Test("A task that runs to its end")
    func completion() {
        var machine = machine()
        #expect(
            notes(machine.wait(.deviceBusy, position: 1, now: now)) == [
                #"{"state":"queued","reason":"device_busy","queue_position":1}"#
            ])
        #expect(machine.wait(.deviceBusy, position: 1, now: now).isEmpty)
        let assigned = machine.assign(deviceName: "Linux - box", now: now)
        #expect(
            notes(assigned) == [
                #"{"state":"assigned","device_id":"box","device_name":"Linux - box","attempt":1}"#
            ])
        #expect(assigned.last == .assign)
        #expect(
            notes(machine.started(attempt: 1, now: now)) == [
                #"{"state":"running","device_id":"box","device_name":"Linux - box","attempt":1}"#
            ])
        var event = Sample.event(machine.record.id, 1)
        #expect(machine.take(&event, monotonic: 0, now: Sample.now) == .taken)
        #expect(event.seq == 4)
        let end = machine.finished(Sample.finished(machine.record.id, 2), now: now, monotonic: 0)
        #expect(end.first == .acknowledge(2))
        #expect(notes(end) == [#"{"state":"completed"}"#])
        #expect(Array(end.suffix(2)) == [.release(machine.record.attemptID, confirmed: true), .ended])
        #expect(machine.record.lastSeq == 5 && machine.record.state == .completed)
    }

    @Test("A refusal for lack of a slot requeues the task", arguments: [ErrorCode.slotsFull, .draining])
    func requeue(code: ErrorCode) {
        var machine = machine(.assigned)
        let actions = machine.rejected(attempt: 1, fault: Fault(code, "full"), now: now)
        #expect(
            actions == [
                .release(AttemptID(task: machine.record.id, attempt: 1), confirmed: true), .requeue(paused: true),
            ])
        #expect(machine.record.state == .queued)
        _ = machine.assign(deviceName: nil, now: now)
        #expect(machine.record.attempt == 2)
    }

    @Test(
        "Any other refusal fails the task",
        arguments: [ErrorCode.cwdNotAllowed, .agentMissing, ErrorCode(rawValue: "of_the_future")])
    func otherRefusal(code: ErrorCode) {
        var machine = machine(.assigned)
        _ = machine.rejected(attempt: 1, fault: Fault(code, "no"), now: now)
        #expect(machine.record.state == .failed && machine.record.error == Fault(code, "no"))
    }

    @Test(
        "A device that refuses a task again and again fails it with the reason",
        arguments: [ErrorCode.slotsFull, .draining])
    func rejectedForEver(code: ErrorCode) {
        var machine = machine(.assigned)
        for _ in 0..<DispatcherLimits.rejections {
            _ = machine.rejected(attempt: machine.record.attempt, fault: Fault(code, "no room"), now: now)
            #expect(machine.record.state == .queued)
            _ = machine.assign(deviceName: "box", now: now)
        }
        var started = machine
        _ = machine.rejected(attempt: machine.record.attempt, fault: Fault(code, "no room"), now: now)
        #expect(machine.record.state == .failed && machine.record.error?.code == .attemptsExhausted)
        #expect(machine.record.error?.message.contains("refused the task 21 times in a row") == true)
        #expect(machine.record.error?.message.contains("\(code): no room") == true)
        // One that has run since counts anew.
        _ = started.started(attempt: started.record.attempt, now: now)
        #expect(started.record.rejections == 0)
    }

    @Test("Events are taken only in order")
    func order() {
        var machine = machine(.running)
        let id = machine.record.id
        func take(_ number: UInt64, attempt: UInt32 = 1, at: Int64 = 0) -> EventVerdict {
            var event = Sample.event(id, attempt: attempt, number)
            return machine.take(&event, monotonic: at, now: Sample.now)
        }
        #expect(take(1) == .taken)
        #expect(take(1) == .duplicate(last: 1))
        #expect(take(3) == .gap(2))
        #expect(take(4) == .gap(nil))
        #expect(take(5, at: 2000) == .gap(2))
        #expect(take(2, at: 2001) == .taken)
        #expect(take(4, at: 2002) == .gap(3))
        #expect(take(1, attempt: 2) == .stale)
    }

    @Test("Output that is reported and does not arrive is requested")
    func lag() {
        var machine = machine(.running)
        var event = Sample.event(machine.record.id, 1)
        #expect(machine.take(&event, monotonic: 0, now: Sample.now) == .taken)
        #expect(machine.reported(last: 1, monotonic: 0).isEmpty)
        #expect(machine.reported(last: 5, monotonic: 1000).isEmpty, "it may be on its way")
        #expect(machine.reported(last: 5, monotonic: 10_999).isEmpty)
        #expect(machine.reported(last: 5, monotonic: 11_000) == [.resync(from: 2)])
        #expect(machine.reported(last: 5, monotonic: 30_000).isEmpty, "the time begins anew")
        event = Sample.event(machine.record.id, 2)
        #expect(machine.take(&event, monotonic: 31_000, now: Sample.now) == .taken)
        #expect(machine.reported(last: 5, monotonic: 60_000).isEmpty, "something has come meanwhile")
    }

    @Test("An executor cannot end a task with an event")
    func terminalEvent() {
        var machine = machine(.running)
        var event = Sample.event(machine.record.id, 1)
        event.kind = .state
        event.flags = .terminal
        #expect(machine.take(&event, monotonic: 0, now: Sample.now) == .taken)
        #expect(event.kind == .log && event.flags.isEmpty)
    }

    @Test("An early or repeated verdict is not taken")
    func verdict() {
        var machine = machine(.running)
        let id = machine.record.id
        #expect(machine.finished(Sample.finished(id, 3), now: now, monotonic: 0) == [.resync(from: 1)])
        #expect(machine.finished(Sample.finished(id, 3), now: now, monotonic: 1) == [])
        #expect(machine.finished(Sample.finished(id, attempt: 2, 1), now: now, monotonic: 1) == [])
        _ = machine.finished(Sample.finished(id, 1, .failed), now: now, monotonic: 2)
        #expect(machine.record.error?.code == .agentFailed)
        #expect(machine.finished(Sample.finished(id, 1), now: now, monotonic: 3) == [])
        #expect(machine.record.state == .failed)
    }

    @Test("A cancellation in each state")
    func cancel() {
        var queued = machine()
        #expect(notes(queued.cancel(connected: true, now: now)) == [#"{"state":"cancelled"}"#])
        #expect(queued.record.state == .cancelled)

        var running = machine(.running)
        #expect(running.cancel(connected: true, now: now) == [.stop])
        #expect(running.record.state == .running && running.record.cancelRequestedAt == now)
        #expect(running.cancel(connected: true, now: now).isEmpty)
        var raced = running
        _ = raced.finished(Sample.finished(raced.record.id, 1, .completed), now: now, monotonic: 0)
        #expect(raced.record.state == .completed)
        _ = running.stopUnconfirmed(now: now)
        #expect(running.record.state == .cancelled)
        #expect(running.cancel(connected: true, now: now).isEmpty)

        var away = machine(.running)
        _ = away.cancel(connected: false, now: now)
        #expect(away.record.state == .cancelled)
    }

    @Test("A lost device stalls the task and then fails it")
    func loss() {
        var machine = machine(.running)
        let stall = Stall(since: now, failsAt: now.adding(seconds: 30))
        let published = notes(machine.stalled(stall, publish: true, now: now))
        #expect(
            published.first?.contains(#""stalled":{"since":"\#(now)","fails_at":"\#(now.adding(seconds: 30))"}"#)
                == true)
        var back = machine
        #expect(notes(back.resumed(now: now)).first?.contains("stalled") == false)
        #expect(back.graceEnded(now: now).isEmpty)
        _ = machine.graceEnded(now: now)
        #expect(machine.record.error?.code == .deviceDisconnected)
        #expect(machine.record.error?.message.contains("Linux - box") == true)
        #expect(machine.record.error?.message.contains("\(now)") == true)
    }

    @Test("An attempt that the report does not list")
    func unlisted() {
        var assigned = machine(.assigned)
        #expect(assigned.unlisted(first: true, now: now) == [.assign])
        #expect(assigned.unlisted(first: false, now: now).isEmpty)
        var running = machine(.running)
        _ = running.unlisted(first: false, now: now)
        #expect(running.record.error?.code == .executorRestarted)
        var cancelling = machine(.running)
        _ = cancelling.cancel(connected: true, now: now)
        _ = cancelling.unlisted(first: false, now: now)
        #expect(cancelling.record.state == .cancelled)
    }
}
