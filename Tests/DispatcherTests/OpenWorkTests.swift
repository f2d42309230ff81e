import Messages
import Testing

@testable import Dispatcher

@Suite("What an attempt leaves open")
struct OpenWorkTests {
    private static let now = Sample.now

    private static func call(_ id: String, _ status: String?) -> [UInt8] {
        ToolCallPayload(
            id: id, title: "t", kind: "execute", status: status, input: ["command": "a \"status\":\"failed\""]
        )
        .bytes
    }

    private static func update(_ id: String, _ status: String?) -> [UInt8] {
        ToolCallUpdatePayload(id: id, status: status, content: [.text("\"toolCallId\":\"other\"")]).bytes
    }

    private static func plan(_ statuses: String...) -> [UInt8] {
        PlanPayload(entries: statuses.map { PlanPayload.Entry(content: "step", priority: "high", status: $0) }).bytes
    }

    private static func take(_ machine: inout TaskMachine, _ kind: EventKind, _ payload: [UInt8]) {
        var event = Sample.event(machine.record.id, attempt: machine.record.attempt, machine.record.attemptSeq + 1)
        event.kind = kind
        event.payload = payload
        #expect(machine.take(&event, monotonic: 0, now: Sample.now) == .taken)
    }

    private static func running(_ choices: Choices = Sample.choices) -> TaskMachine {
        var machine = TaskMachine(Sample.record(choices: choices))
        _ = machine.assign(deviceName: "Linux - box", now: now)
        _ = machine.started(attempt: 1, now: now)
        return machine
    }

    /// A way in which an attempt ends.
    struct End: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var choices = Choices()
        var state = TaskState.failed
        let end: @Sendable (inout TaskMachine) -> [TaskAction]

        init(
            _ name: String, _ choices: Choices = Choices(), _ state: TaskState = .failed,
            _ end: @escaping @Sendable (inout TaskMachine) -> [TaskAction]
        ) {
            testDescription = name
            self.choices = choices
            self.state = state
            self.end = end
        }
    }

    private static func verdict(
        _ machine: inout TaskMachine, _ state: TaskState, _ code: ErrorCode = .agentFailed, retryAt: Timestamp? = nil
    ) -> [TaskAction] {
        var message = Sample.finished(
            machine.record.id, machine.record.attemptSeq + 1, state, error: Fault(code, "it has ended"))
        message.retryAt = retryAt
        return machine.finished(message, now: now, monotonic: 0)
    }

    private static func away(_ machine: inout TaskMachine) -> [TaskAction] {
        let absence = Absence(machine.policy, since: now, now: now)
        return machine.stalled(absence.stall, publish: true, now: now)
    }

    static let requeue = Choices(onDisconnect: .requeue)

    static let allEnds: [End] = [
        End("completed", Choices(), .completed) { verdict(&$0, .completed) },
        End("failed") { verdict(&$0, .failed) },
        End("a state of the future") { verdict(&$0, TaskState(rawValue: "odd")) },
        End("cancelled and confirmed", Choices(), .cancelled) {
            $0.cancel(connected: true, now: now) + verdict(&$0, .cancelled)
        },
        End("cancelled, unconfirmed", Choices(), .cancelled) {
            $0.cancel(connected: true, now: now) + $0.stopUnconfirmed(now: now)
        },
        End("cancelled while the device is away", Choices(), .cancelled) { $0.cancel(connected: false, now: now) },
        End("cancelled, then the device goes away", Choices(), .cancelled) {
            $0.cancel(connected: true, now: now) + away(&$0)
        },
        End("cancelled, then not listed", Choices(), .cancelled) {
            $0.cancel(connected: true, now: now) + $0.unlisted(first: true, now: now)
        },
        End("executor restarted, reported") { verdict(&$0, .failed, .executorRestarted) },
        End("executor restarted, reported; requeued", requeue, .queued) { verdict(&$0, .failed, .executorRestarted) },
        End("executor restarted, not listed") { $0.unlisted(first: true, now: now) },
        End("executor restarted, not listed; requeued", requeue, .queued) { $0.unlisted(first: false, now: now) },
        End("its lease ended") { verdict(&$0, .failed, .deviceDisconnected) },
        End("its lease ended; requeued", requeue, .queued) { verdict(&$0, .failed, .deviceDisconnected) },
        End("the device stayed away") { away(&$0) + $0.graceEnded(now: now) },
        End("the device stayed away; requeued", requeue, .queued) { away(&$0) + $0.graceEnded(now: now) },
        End("the device stayed away for the sixth time", requeue) {
            $0.record.requeues = DispatcherLimits.requeues
            return away(&$0) + $0.graceEnded(now: now)
        },
        End("the device was deleted", Choices(onDisconnect: .wait)) {
            away(&$0) + $0.fail(Placement.deleted("box"), now: now)
        },
        End("its time is over", Choices(timeoutS: 60)) {
            $0.overdue(.timeout, connected: true, now: now) + verdict(&$0, .cancelled)
        },
        End("its time is over, the stop unconfirmed", Choices(timeoutS: 60)) {
            $0.overdue(.timeout, connected: true, now: now) + $0.stopUnconfirmed(now: now)
        },
        End("its time is over while the device is away", Choices(timeoutS: 60)) {
            $0.overdue(.timeout, connected: false, now: now)
        },
        End("it was silent", Choices(idleTimeoutS: 60)) {
            $0.overdue(.idleTimeout, connected: true, now: now) + verdict(&$0, .cancelled)
        },
        End("it was silent, the stop unconfirmed", Choices(idleTimeoutS: 60)) {
            $0.overdue(.idleTimeout, connected: true, now: now) + $0.stopUnconfirmed(now: now)
        },
        End("a usage limit") { verdict(&$0, .failed, .usageLimit, retryAt: now.adding(seconds: 60)) },
        End("a usage limit; it waits", Choices(onLimit: .wait), .queued) {
            verdict(&$0, .failed, .usageLimit, retryAt: now.adding(seconds: 60))
        },
        End("a usage limit after a cancel", Choices(onLimit: .wait), .cancelled) {
            $0.cancel(connected: true, now: now)
                + verdict(&$0, .failed, .usageLimit, retryAt: now.adding(seconds: 60))
        },
    ]

    @Test("Whatever an attempt has opened is closed before its end", arguments: allEnds)
    func closed(_ end: End) throws {
        var machine = Self.running(end.choices.filled(from: Sample.choices))
        Self.take(&machine, .toolCall, Self.call("done", "pending"))
        Self.take(&machine, .toolCall, Self.call("first", "pending"))
        Self.take(&machine, .toolCallUpdate, Self.update("done", "completed"))
        Self.take(&machine, .toolCall, Self.call("second \"2\"", "in_progress"))
        Self.take(&machine, .plan, Self.plan("completed", "in_progress", "pending"))
        _ = machine.requested(Sample.asks(machine.record.id), id: .generate(), expiresAt: Self.now, now: Self.now)
        _ = machine.waits(WaitingPayload(waitingFor: .background, since: Self.now, what: "make"), now: Self.now)
        let events = end.end(&machine).compactMap { if case .log(let event) = $0 { event } else { nil } }
        #expect(machine.record.state == end.state)
        let closing = events.filter { $0.kind == .toolCallUpdate || $0.kind == .plan || $0.kind == .permissionResolved }
        #expect(closing.map(\.kind) == [.permissionResolved, .toolCallUpdate, .toolCallUpdate, .plan])
        let calls = try closing[1...2].map { try ToolCallUpdatePayload(reading: $0.payload) }
        #expect(calls.map(\.id) == ["first", "second \"2\""] && calls.allSatisfy { $0.status == "failed" })
        #expect(
            try PlanPayload(reading: closing[3].payload).entries.map(\.status) == ["completed", "pending", "pending"])
        if end.state.isTerminal {
            #expect(events.last?.flags == .terminal, "the state comes last")
            #expect(events.last.map { $0.json.contains("waiting") } == false)
        }
        #expect(machine.record.open.isEmpty && machine.approvals.open.isEmpty)
        // What the next attempt opens is its own.
        guard end.state == .queued else { return }
        _ = machine.limitEnded(monotonic: 0, now: Self.now.adding(seconds: 60))
        #expect(machine.record.waiting == nil)
        _ = machine.assign(deviceName: nil, now: Self.now)
        #expect(machine.record.open.isEmpty)
    }

    @Test("An attempt that has nothing open is ended without such events", arguments: allEnds)
    func nothing(_ end: End) {
        var machine = Self.running(end.choices.filled(from: Sample.choices))
        Self.take(&machine, .toolCall, Self.call("a", "in_progress"))
        Self.take(&machine, .plan, Self.plan("in_progress"))
        Self.take(&machine, .toolCallUpdate, Self.update("a", "failed"))
        Self.take(&machine, .plan, Self.plan("completed"))
        let kinds = end.end(&machine).compactMap { if case .log(let event) = $0 { event.kind } else { nil } }
        #expect(kinds.allSatisfy { $0 == .state || $0 == .log })
    }

    @Test("A refused assignment has nothing open")
    func rejected() {
        var machine = TaskMachine(Sample.record())
        _ = machine.assign(deviceName: nil, now: Self.now)
        let actions = machine.rejected(attempt: 1, fault: Fault(.slotsFull, ""), now: Self.now)
        #expect(actions.count == 2 && machine.record.open.isEmpty)
    }

    @Test(
        "What opens and closes a tool call",
        arguments: [
            (EventKind.toolCall, "pending", true), (.toolCall, "in_progress", true), (.toolCall, nil, true),
            (.toolCall, "of_the_future", true), (.toolCall, "completed", false), (.toolCall, "failed", false),
            (.toolCallUpdate, "in_progress", true), (.toolCallUpdate, nil, false), (.toolCallUpdate, "failed", false),
        ] as [(EventKind, String?, Bool)])
    func calls(kind: EventKind, status: String?, isOpen: Bool) {
        var open = OpenWork()
        var event = Sample.event(.generate(), 1)
        event.kind = kind
        event.payload = kind == .toolCall ? Self.call("a", status) : Self.update("a", status)
        open.take(event)
        open.take(event)
        #expect(open.calls == (isOpen ? ["a"] : []))
    }

    @Test("An agent that opens without an end is bounded, and payloads that are not JSON open nothing")
    func bounds() {
        var open = OpenWork()
        var event = Sample.event(.generate(), 1)
        event.kind = .toolCall
        for number in 0..<1000 {
            event.payload = Self.call("call \(number)", "pending")
            open.take(event)
        }
        #expect(open.calls.count == DispatcherLimits.openCalls)
        for payload in ["", "{", "[]", "{\"toolCallId\":7}", "{\"toolCallId\":\"\"}", "{\"toolCallId\":\"x", "null"] {
            var none = OpenWork()
            event.payload = Array(payload.utf8)
            none.take(event)
            event.kind = .plan
            none.take(event)
            event.kind = .toolCall
            #expect(none.isEmpty, "\(payload)")
        }
        event.kind = .toolCall
        event.payload = Self.call(String(repeating: "x", count: 300), "pending")
        var long = OpenWork()
        long.take(event)
        #expect(long.isEmpty)
    }

    @Test("A plan that is too long to be read is withdrawn")
    func longPlan() {
        let entry = PlanPayload.Entry(
            content: String(repeating: "x", count: 70_000), priority: nil, status: "in_progress")
        var machine = Self.running()
        Self.take(&machine, .plan, PlanPayload(entries: [entry]).bytes)
        #expect(machine.record.open.plan == machine.record.lastSeq)
        let plans = Self.verdict(&machine, .completed).compactMap {
            if case .log(let event) = $0, event.kind == .plan { event.json } else { nil }
        }
        #expect(plans == [#"{"entries":[]}"#])
    }
}
