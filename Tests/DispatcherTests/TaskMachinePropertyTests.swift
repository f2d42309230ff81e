import Messages
import Testing

@testable import Dispatcher

@Suite("Random inputs to the state machine of a task")
struct TaskMachinePropertyTests {
    @Test("In any order of inputs a task ends once at most", arguments: 0..<50)
    func randomInputs(seed: UInt64) {
        var random = Numbers(state: seed)
        var ended: Set<ErrorCode> = []
        for _ in 0..<200 {
            var machine = TaskMachine(Sample.record(), policy: Policy(random.choices))
            // So many requeues are rare: it may begin in the middle.
            if machine.policy.onDisconnect == .requeue { machine.record.requeues = Int(random.next() % 6) }
            var seq: UInt64 = 0
            var ends = 0
            var slots = 0
            var told: WaitingFor?
            for _ in 0..<100 {
                let wasTerminal = machine.isTerminal
                let wasEnding = machine.isEnding
                var event = Sample.event(
                    machine.record.id, attempt: random.attempt(machine.record.attempt), random.number)
                if random.next() % 2 == 0 { random.open(&event) }
                let isEvent = random.next() % 3 == 0
                if isEvent, machine.take(&event, monotonic: 0, now: Sample.now) == .taken {
                    #expect(!wasTerminal && event.seq == seq + 1)
                    seq = event.seq
                }
                for action in isEvent ? [] : Self.input(&machine, &random) {
                    #expect(!wasTerminal, "\(action) after the end")
                    switch action {
                    case .log(let event):
                        #expect(event.seq == seq + 1)
                        seq = event.seq
                        if event.flags.contains(.terminal) { ends += 1 }
                        if event.kind == .state {
                            let payload = try? StatePayload(reading: event.payload)
                            told = payload?.waitingFor
                        }
                    case .assign: slots = 1
                    case .release:
                        #expect(slots == 1)
                        slots = 0
                    case .requeue: #expect(!wasEnding)
                    case .stop: #expect(machine.isEnding && machine.isPlaced)
                    default: break
                    }
                }
                #expect(machine.record.lastSeq == seq)
                #expect(ends == (machine.isTerminal ? 1 : 0))
                #expect(slots == (machine.isPlaced ? 1 : 0))
                #expect(machine.record.requeues <= (machine.policy.onDisconnect == .requeue ? 5 : 0))
                // An ended attempt has no open request, and the record shows whether there is one.
                #expect(machine.isPlaced || machine.approvals.open.isEmpty)
                #expect((machine.record.waitingFor == .approval) == (machine.approvals.pending > 0))
                #expect(machine.isPlaced || machine.record.open.isEmpty)
                #expect(machine.record.state == .running || machine.record.waitingFor != .background)
                #expect(machine.record.state == .queued || machine.record.waitingFor != .limit)
                #expect(machine.record.isLimited == (machine.record.waitingFor == .limit))
                #expect(!machine.isTerminal || machine.record.waiting == nil)
                #expect(told == machine.record.waitingFor || machine.record.state == .queued)
                let code = machine.record.error?.code
                if let code { ended.insert(code) }
                if code == .timeout || code == .idleTimeout { #expect(machine.record.overdue == code) }
                if code == .attemptsExhausted { #expect(machine.record.requeues == 5) }
            }
        }
        // Every kind of end must occur: otherwise the run proves nothing.
        let expected: Set<ErrorCode> = [
            .attemptsExhausted, .timeout, .idleTimeout, .queueExpired, .deviceDisconnected, .executorRestarted,
            .usageLimit,
        ]
        #expect(ended.isSuperset(of: expected), "\(expected.subtracting(ended))")
    }

    private static func input(_ machine: inout TaskMachine, _ random: inout Numbers) -> [TaskAction] {
        let now = Sample.now
        let id = machine.record.id
        let attempt = random.attempt(machine.record.attempt)
        switch random.next() % 26 {
        case 0: return machine.wait(.deviceBusy, position: 1 + Int(random.next() % 3), now: now)
        case 1, 2, 3, 4: return machine.assign(deviceName: nil, now: now)
        case 5, 6, 7: return machine.started(attempt: attempt, now: now)
        case 8: return machine.rejected(attempt: attempt, fault: Fault(.slotsFull, ""), now: now)
        case 9:
            guard random.next() % 4 == 0 else { return [] }
            return machine.rejected(attempt: attempt, fault: Fault(.agentMissing, ""), now: now)
        case 10:
            let states: [TaskState] = [.completed, .failed, .failed, .cancelled, TaskState(rawValue: "odd")]
            let codes: [ErrorCode] = [
                .executorRestarted, .deviceDisconnected, .agentFailed, .usageLimit, .usageLimit, .usageLimit,
            ]
            var message = Sample.finished(
                id, attempt: attempt, random.number, states[Int(random.next() % 5)],
                error: Fault(codes[Int(random.next() % 6)], ""))
            message.retryAt = random.next() % 4 == 0 ? nil : now.adding(seconds: Double(random.next() % 60))
            return machine.finished(message, now: now, monotonic: 0)
        case 11, 12: return machine.unlisted(first: random.next() % 2 == 0, now: now)
        case 13, 14:
            let absence = Absence(machine.policy, since: now, now: now, isStart: random.next() % 2 == 0)
            return machine.stalled(absence.stall, publish: random.next() % 2 == 0, now: now)
        case 15: return machine.resumed(now: now)
        case 16, 17: return machine.graceEnded(now: now)
        case 18: return random.next() % 8 == 0 ? machine.cancel(connected: random.next() % 2 == 0, now: now) : []
        case 19: return machine.stopUnconfirmed(now: now)
        case 23:
            return machine.waits(
                WaitingPayload(waitingFor: random.next() % 2 == 0 ? .background : nil, since: now, what: "w"), now: now)
        case 24: return machine.limitEnded(monotonic: 0, now: now.adding(seconds: Double(random.next() % 90)))
        case 20: return random.next() % 2 == 0 ? machine.halfTime(now: now) : machine.halfSilent(now: now)
        case 21:
            guard random.next() % 3 == 0 else { return [] }
            return machine.overdue(
                random.next() % 2 == 0 ? .timeout : .idleTimeout, connected: random.next() % 2 == 0, now: now)
        case 22:
            let request = "r\(random.number)"
            switch random.next() % 6 {
            case 0: return machine.closed(request, now: now)
            case 1: return machine.expired(request, now: now)
            case 2:
                guard let open = machine.approvals.open[request] else { return [] }
                return machine.decided(Sample.decide(open), now: now)
            default:
                return machine.requested(
                    Sample.asks(id, attempt: attempt, request), id: .generate(), expiresAt: now, now: now)
            }
        default:
            switch random.next() % 12 {
            case 0: return machine.fail(Fault(.deviceNotFound, ""), now: now)
            case 1: return machine.expire(.deviceOffline, now: now)
            default: return []
            }
        }
    }

    /// SplitMix64: a seed always gives the same numbers.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }

        /// Mostly the newest.
        mutating func attempt(_ newest: UInt32) -> UInt32 { next() % 4 == 0 ? 1 + UInt32(next() % 3) : newest }
        var choices: Choices {
            mutating get {
                let choice = OnDisconnect.all[Int(next() % 3)]
                return Choices(
                    onDisconnect: choice, graceS: Double(next() % 2) * 30, timeoutS: 60, idleTimeoutS: 20,
                    onLimit: OnLimit.all[Int(next() % 2)])
            }
        }
        /// Makes an event begin or end something.
        mutating func open(_ event: inout Event) {
            let status = ["pending", "in_progress", "completed", "failed"][Int(next() % 4)]
            switch next() % 3 {
            case 0:
                event.kind = .toolCall
                event.payload = ToolCallPayload(id: "c\(next() % 3)", title: nil, kind: nil, status: status).bytes
            case 1:
                event.kind = .toolCallUpdate
                event.payload = ToolCallUpdatePayload(id: "c\(next() % 3)", status: status).bytes
            default:
                event.kind = .plan
                event.payload = PlanPayload(entries: [.init(content: "s", priority: nil, status: status)]).bytes
            }
        }

        var number: UInt64 { mutating get { 1 + next() % 4 } }
    }
}
