import Messages
import Testing

@testable import Dispatcher

@Suite("When queue positions are published")
struct QueuePositionsTests {
    private let queue = QueueID.cloud(owner: .generate())

    @Test("Changes are taken once")
    func changes() {
        var positions = QueuePositions()
        let task = TaskID.generate()
        positions.add(task)
        positions.move(queue)
        #expect(!positions.isEmpty)
        let changes = positions.takeChanges()
        #expect(changes.added == [task] && changes.moved == [queue])
        #expect(positions.isEmpty)
    }

    @Test("After a publication the near positions wait, and the queue is due again")
    func debounce() {
        var positions = QueuePositions()
        #expect(positions.round(queue, count: 5, now: 1000)?.near == 0..<5)
        positions.didPublishNear(queue, now: 1000)
        #expect(positions.round(queue, count: 5, now: 1001) == nil)
        positions.tick(1000 + DispatcherLimits.positionsMs - 1)
        #expect(positions.isEmpty)
        positions.tick(1000 + DispatcherLimits.positionsMs)
        #expect(positions.takeChanges().moved == [queue])
        #expect(positions.round(queue, count: 5, now: 1000 + DispatcherLimits.positionsMs) != nil)
    }

    @Test("Far positions are in a round once a second")
    func far() {
        var positions = QueuePositions()
        let near = DispatcherLimits.nearPositions
        #expect(positions.round(queue, count: near + 3, now: 1000)?.far == near..<near + 3)
        #expect(positions.round(queue, count: near + 3, now: 1500)?.far == nil)
        let later = 1000 + DispatcherLimits.farPositionsMs
        #expect(positions.round(queue, count: near + 3, now: later)?.far == near..<near + 3)
    }

    @Test("A far position is published when it has moved by a tenth")
    func tenth() {
        #expect(!QueuePositions.isWorthPublishing(91, last: 100))
        #expect(QueuePositions.isWorthPublishing(90, last: 100))
    }

    @Test("An empty queue is forgotten")
    func empty() {
        var positions = QueuePositions()
        #expect(positions.round(queue, count: 1, now: 1000) != nil)
        positions.didPublishNear(queue, now: 1000)
        #expect(positions.round(queue, count: 0, now: 1001) == nil)
        #expect(positions.round(queue, count: 1, now: 1002) != nil)
    }
}
