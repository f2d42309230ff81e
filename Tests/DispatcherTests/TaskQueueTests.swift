import Messages
import Testing

@testable import Dispatcher

@Suite("The waiting tasks of one queue")
struct TaskQueueTests {
    private let tasks = (0..<4).map { _ in TaskID.generate() }

    private func entry(_ index: Int, rank: Int64 = 0) -> TaskQueue.Entry {
        TaskQueue.Entry(rank: rank, ordinal: Int64(index), task: tasks[index])
    }

    @Test("A requeued task returns to its old place")
    func requeue() {
        var queue = TaskQueue()
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

    @Test("A lower rank comes first")
    func rank() {
        var queue = TaskQueue()
        for (index, rank) in [(0, 20), (1, 20), (2, 10), (3, 20)] { queue.insert(entry(index, rank: Int64(rank))) }
        #expect(queue.waiting.map(\.task) == [tasks[2], tasks[0], tasks[1], tasks[3]])
        #expect(queue.position(of: entry(1, rank: 20)) == 3)
    }

    @Test("Random insertions and removals keep the order")
    func order() {
        var random = SystemRandomNumberGenerator()
        var queue = TaskQueue()
        var expected: [TaskQueue.Entry] = []
        for ordinal in 0..<2000 {
            if Int.random(in: 0..<3, using: &random) == 0, let gone = expected.randomElement(using: &random) {
                queue.remove(gone)
                expected.removeAll { $0 == gone }
            } else {
                let new = TaskQueue.Entry(
                    rank: .random(in: 0..<50, using: &random), ordinal: Int64(ordinal), task: .generate())
                queue.insert(new)
                expected.append(new)
                expected.sort()
            }
        }
        #expect(Array(queue.waiting) == expected)
        for (index, entry) in expected.enumerated() { #expect(queue.position(of: entry) == index + 1) }
    }
}
