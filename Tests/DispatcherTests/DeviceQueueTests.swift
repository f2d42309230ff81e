import Messages
import Testing

@testable import Dispatcher

@Suite struct DeviceQueueTests {
    private let tasks = (0..<4).map { _ in TaskID.generate() }

    @Test func aTaskThatIsSentBackStandsWhereItStood() {
        var queue = DeviceQueue(total: 1)
        for (index, task) in tasks.enumerated() { queue.insert(task, ordinal: Int64(index)) }
        queue.remove(tasks[0])
        queue.remove(tasks[2])
        #expect(queue.waiting.map(\.task) == [tasks[1], tasks[3]])
        queue.insert(tasks[2], ordinal: 2)
        queue.insert(tasks[0], ordinal: 0)
        queue.insert(tasks[0], ordinal: 0)
        #expect(queue.waiting.map(\.task) == tasks)
        #expect(queue.position(of: tasks[0]) == 1)
        #expect(queue.position(of: tasks[3]) == 4)
        #expect(queue.position(of: .generate()) == nil)
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
