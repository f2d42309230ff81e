import Messages
import Testing

@testable import Dispatcher

@Suite("The slots of one executor")
struct WorkerSlotsTests {
    private let tasks = (0..<4).map { _ in TaskID.generate() }

    @Test("Each attempt uses one slot")
    func count() {
        var slots = WorkerSlots(total: 2)
        let attempts = tasks.map { AttemptID(task: $0, attempt: 1) }
        slots.occupy(attempts[0])
        #expect(slots.free == 1)
        slots.occupy(attempts[1])
        #expect(slots.free == 0)
        slots.release(attempts[0], confirmed: true)
        #expect(slots.used == 1 && slots.free == 1)
    }

    @Test("An unconfirmed end keeps the slot in use until a report shows that it is free")
    func unconfirmed() {
        var slots = WorkerSlots(total: 1)
        let attempt = AttemptID(task: tasks[0], attempt: 1)
        slots.occupy(attempt)
        slots.release(attempt, confirmed: false)
        #expect(slots.free == 0)
        slots.report(total: 1, draining: false, unwanted: [attempt])
        #expect(slots.free == 0)
        slots.report(total: 1, draining: false, unwanted: [])
        #expect(slots.free == 1)
    }

    @Test("No executor has more slots than the limit, whatever it reports")
    func bound() {
        let most = Limits.slots.upperBound
        var slots = WorkerSlots(total: .max)
        #expect(slots.total == most)
        slots.open(total: most + 1)
        #expect(slots.total == most)
        slots.report(total: .max, draining: false, unwanted: [])
        #expect(slots.total == most)
        slots.report(total: .min, draining: false, unwanted: [])
        #expect(slots.free == 0)
    }

    @Test("A task is held until the last of its ended attempts is gone")
    func held() {
        var slots = WorkerSlots(total: 5)
        let first = AttemptID(task: tasks[0], attempt: 1)
        let second = AttemptID(task: tasks[0], attempt: 2)
        for attempt in [first, second, first] { slots.release(attempt, confirmed: false) }
        #expect(slots.holds(tasks[0]) && !slots.holds(tasks[1]))
        slots.release(first, confirmed: true)
        slots.release(first, confirmed: true)
        #expect(slots.holds(tasks[0]))
        slots.release(second, confirmed: true)
        #expect(!slots.holds(tasks[0]))
        slots.report(total: 5, draining: false, unwanted: [first, second])
        #expect(slots.holds(tasks[0]))
        slots.report(total: 5, draining: false, unwanted: [second])
        #expect(slots.holds(tasks[0]))
        // It runs after all: its end was not committed.
        slots.occupy(second)
        #expect(!slots.holds(tasks[0]) && slots.used == 1)
        slots.release(second, confirmed: false)
        slots.open(total: 5)
        #expect(!slots.holds(tasks[0]))
        slots.release(first, confirmed: false)
        slots.close()
        #expect(!slots.holds(tasks[0]) && slots.used == 0)
    }

    @Test("After a refusal no slot is free until the next report")
    func pause() {
        var slots = WorkerSlots(total: 5)
        slots.pause()
        #expect(slots.free == 0)
        slots.report(total: 5, draining: true, unwanted: [])
        #expect(slots.free == 0)
        slots.report(total: 5, draining: false, unwanted: [])
        #expect(slots.free == 5)
    }
}
