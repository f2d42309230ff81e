import Messages
import Testing

@testable import Dispatcher

/// Whatever happens in whatever order, a task ends once at most, and its log has no gap.
@Suite struct TaskMachinePropertyTests {
    @Test(arguments: 0..<50)
    func anyOrderOfInputsEndsATaskOnceAtMost(seed: UInt64) {
        var random = Numbers(state: seed)
        for _ in 0..<200 {
            var machine = TaskMachine(Sample.record())
            var seq: UInt64 = 0
            var ends = 0
            var slots = 0
            for _ in 0..<60 {
                let wasTerminal = machine.isTerminal
                var event = Sample.event(machine.record.id, attempt: random.attempt, random.number)
                let isEvent = random.next() % 3 == 0
                if isEvent, machine.take(&event, monotonic: 0) == .taken {
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
                    case .assign: slots = 1
                    case .release:
                        #expect(slots == 1)
                        slots = 0
                    default: break
                    }
                }
                #expect(machine.record.lastSeq == seq)
                #expect(ends == (machine.isTerminal ? 1 : 0))
                #expect(slots == (machine.isPlaced ? 1 : 0))
            }
        }
    }

    private static func input(_ machine: inout TaskMachine, _ random: inout Numbers) -> [TaskAction] {
        let now = Sample.now
        let id = machine.record.id
        let attempt = random.attempt
        switch random.next() % 14 {
        case 0: return machine.wait(.deviceBusy, position: 1 + Int(random.next() % 3), now: now)
        case 1, 2: return machine.assign(deviceName: nil, now: now)
        case 3: return machine.started(attempt: attempt, now: now)
        case 4: return machine.rejected(attempt: attempt, fault: Fault(.slotsFull, ""), now: now)
        case 5: return machine.rejected(attempt: attempt, fault: Fault(.agentMissing, ""), now: now)
        case 6:
            let states: [TaskState] = [.completed, .failed, .cancelled, TaskState(rawValue: "odd")]
            let message = Sample.finished(id, attempt: attempt, random.number, states[Int(random.next() % 4)])
            return machine.finished(message, now: now, monotonic: 0)
        case 7: return machine.unlisted(first: random.next() % 2 == 0, now: now)
        case 8: return machine.stalled(Stall(since: now, failsAt: now), tell: random.next() % 2 == 0, now: now)
        case 9: return machine.resumed(now: now)
        case 10: return machine.graceEnded(now: now)
        case 11: return machine.cancel(connected: random.next() % 2 == 0, now: now)
        case 12: return machine.stopUnconfirmed(now: now)
        default: return random.next() % 20 == 0 ? machine.fail(Fault(.deviceNotFound, ""), now: now) : []
        }
    }

    /// SplitMix64: the same numbers for the same seed.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }

        var attempt: UInt32 { mutating get { 1 + UInt32(next() % 2) } }
        var number: UInt64 { mutating get { 1 + next() % 4 } }
    }
}
