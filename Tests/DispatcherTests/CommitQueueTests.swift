import Messages
import Testing

@testable import Dispatcher

@Suite("The queue of commits")
struct CommitQueueTests {
    private func add(_ count: Int, bytes: Int = 10, of task: TaskID, to queue: inout CommitQueue) {
        for number in 0..<count {
            var event = Sample.event(task, UInt64(number + 1), seq: UInt64(number + 1))
            event.payload = [UInt8](repeating: 0x20, count: bytes)
            queue.change(task) { $0.append(event) }
        }
    }

    @Test("A batch is bounded in events, and long parts go in turn")
    func turns() {
        var queue = CommitQueue()
        let tasks = (0..<10).map { _ in TaskID.generate() }
        for task in tasks { add(Limits.windowEvents, of: task, to: &queue) }
        var order: [TaskID] = []
        while !queue.isEmpty {
            let batch = queue.cut()
            order += batch.map(\.task)
            let events = batch.reduce(0) { $0 + $1.events.count }
            #expect(events <= DispatcherLimits.batchEvents + Limits.windowEvents && !batch.isEmpty)
            // One that writes without end waits for all others.
            if order.count < 8 { add(Limits.windowEvents, of: tasks[0], to: &queue) }
        }
        #expect(order == tasks + [tasks[0]])
    }

    @Test("A batch is bounded in bytes, except for one window")
    func bytes() {
        var queue = CommitQueue()
        let tasks = (0..<4).map { _ in TaskID.generate() }
        for task in tasks { add(100, bytes: 40_000, of: task, to: &queue) }
        for left in [2, 0] {
            let size = queue.cut().reduce(0) { $0 + $1.bytes }
            #expect(size <= DispatcherLimits.batchBytes + Limits.windowBytes)
            #expect(queue.count == left)
        }
    }

    @Test("Short parts go before long ones, and one long part goes with each batch")
    func shortFirst() {
        var queue = CommitQueue()
        let long = (0..<2).map { _ in TaskID.generate() }
        for task in long { add(Limits.windowEvents, of: task, to: &queue) }
        let short = (0..<100).map { _ in TaskID.generate() }
        for task in short { add(DispatcherLimits.shortPart, of: task, to: &queue) }
        let first = queue.cut().map(\.task)
        #expect(first == Array(short[..<64]) + [long[0]])
        let second = queue.cut().map(\.task)
        #expect(second == Array(short[64...]) + [long[1]])
        #expect(queue.isEmpty)
    }

    @Test("A part keeps its place while it grows, and leaves when it is removed")
    func places() {
        var queue = CommitQueue()
        let (first, second) = (TaskID.generate(), TaskID.generate())
        add(1, of: first, to: &queue)
        add(1, of: second, to: &queue)
        add(1, of: first, to: &queue)
        let removed = [queue.remove(second), queue.remove(second)].map { $0?.events.count }
        #expect(removed == [1, nil])
        let batch = queue.cut()
        #expect(batch.map(\.task) == [first] && batch[0].events.count == 2)
    }
}
