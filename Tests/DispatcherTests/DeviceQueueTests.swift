import Messages
import Testing

@testable import Dispatcher

@Suite struct DeviceQueueTests {
    private let tasks = (0..<4).map { _ in TaskID.generate() }

    private func entry(_ index: Int, rank: Int64 = 0) -> DeviceQueue.Waiting {
        DeviceQueue.Waiting(rank: rank, ordinal: Int64(index), task: tasks[index])
    }

    @Test func aTaskThatIsSentBackStandsWhereItStood() {
        var queue = DeviceQueue(total: 1)
        for index in tasks.indices { queue.insert(entry(index)) }
        queue.remove(entry(0))
        queue.remove(entry(2))
        queue.remove(entry(2))
        #expect(queue.waiting.map(\.task) == [tasks[1], tasks[3]])
        queue.insert(entry(2))
        queue.insert(entry(0))
        queue.insert(entry(0))
        #expect(queue.waiting.map(\.task) == tasks)
        #expect(queue.position(of: entry(0)) == 1)
        #expect(queue.position(of: entry(3)) == 4)
        #expect(queue.position(of: entry(3, rank: 7)) == nil)
    }

    @Test func aLowerRankStandsBefore() {
        var queue = DeviceQueue(total: 1)
        for (index, rank) in [(0, 20), (1, 20), (2, 10), (3, 20)] { queue.insert(entry(index, rank: Int64(rank))) }
        #expect(queue.waiting.map(\.task) == [tasks[2], tasks[0], tasks[1], tasks[3]])
        #expect(queue.position(of: entry(1, rank: 20)) == 3)
    }

    @Test func anyOrderOfInsertionsAndRemovalsKeepsTheOrder() {
        var random = SystemRandomNumberGenerator()
        var queue = DeviceQueue(total: 1)
        var expected: [DeviceQueue.Waiting] = []
        for ordinal in 0..<2000 {
            if Int.random(in: 0..<3, using: &random) == 0, let gone = expected.randomElement(using: &random) {
                queue.remove(gone)
                expected.removeAll { $0 == gone }
            } else {
                let new = DeviceQueue.Waiting(
                    rank: .random(in: 0..<50, using: &random), ordinal: Int64(ordinal), task: .generate())
                queue.insert(new)
                expected.append(new)
                expected.sort()
            }
        }
        #expect(Array(queue.waiting) == expected)
        for (index, entry) in expected.enumerated() { #expect(queue.position(of: entry) == index + 1) }
    }

    @Test func slotsAreCountedByAttempt() {
        var queue = DeviceQueue(total: 2)
        let attempts = tasks.map { AttemptID(task: $0, attempt: 1) }
        queue.occupy(attempts[0])
        #expect(queue.hasRoom)
        queue.occupy(attempts[1])
        #expect(!queue.hasRoom)
        queue.release(attempts[0], confirmed: true)
        #expect(queue.used == 1 && queue.hasRoom)
    }

    @Test func anUnconfirmedEndKeepsTheSlotUntilTheDeviceSaysOtherwise() {
        var queue = DeviceQueue(total: 1)
        let attempt = AttemptID(task: tasks[0], attempt: 1)
        queue.occupy(attempt)
        queue.release(attempt, confirmed: false)
        #expect(!queue.hasRoom)
        queue.reported(total: 1, draining: false, strays: [attempt])
        #expect(!queue.hasRoom)
        queue.reported(total: 1, draining: false, strays: [])
        #expect(queue.hasRoom)
    }

    @Test func noDeviceHasMoreSlotsThanADeviceMayHave() {
        let most = Limits.slots.upperBound
        var queue = DeviceQueue(total: .max)
        #expect(queue.total == most)
        queue.opened(total: most + 1)
        #expect(queue.total == most)
        queue.reported(total: .max, draining: false, strays: [])
        #expect(queue.total == most)
        queue.reported(total: .min, draining: false, strays: [])
        #expect(!queue.hasRoom)
    }

    @Test func aTaskIsHeldUntilTheLastOfItsAttemptsIsGone() {
        var queue = DeviceQueue(total: 5)
        let first = AttemptID(task: tasks[0], attempt: 1)
        let second = AttemptID(task: tasks[0], attempt: 2)
        for attempt in [first, second, first] { queue.release(attempt, confirmed: false) }
        #expect(queue.holds(tasks[0]) && !queue.holds(tasks[1]))
        queue.release(first, confirmed: true)
        queue.release(first, confirmed: true)
        #expect(queue.holds(tasks[0]))
        queue.release(second, confirmed: true)
        #expect(!queue.holds(tasks[0]))
        queue.reported(total: 5, draining: false, strays: [first, second])
        #expect(queue.holds(tasks[0]))
        queue.reported(total: 5, draining: false, strays: [second])
        #expect(queue.holds(tasks[0]))
        // It runs after all: its end was not written.
        queue.occupy(second)
        #expect(!queue.holds(tasks[0]) && queue.used == 1)
        queue.release(second, confirmed: false)
        queue.opened(total: 5)
        #expect(!queue.holds(tasks[0]))
        queue.release(first, confirmed: false)
        queue.closed()
        #expect(!queue.holds(tasks[0]) && queue.used == 0)
    }

    @Test func aRefusalPausesUntilTheReport() {
        var queue = DeviceQueue(total: 5)
        queue.pause()
        #expect(!queue.hasRoom)
        queue.reported(total: 5, draining: true, strays: [])
        #expect(!queue.hasRoom)
        queue.reported(total: 5, draining: false, strays: [])
        #expect(queue.hasRoom)
    }
}
