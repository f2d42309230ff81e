import Synchronization
import TestSupport
import Testing

@testable import Launch

/// Counts bodies that run at a time.
private final class Running: Sendable {
    private let now = Atomic(0)
    private let highest = Atomic(0)
    var most: Int { highest.load(ordering: .relaxed) }

    func begin() { highest.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed) }
    func end() { now.subtract(1, ordering: .relaxed) }
}

@Suite("Asynchronous semaphore", .timeLimit(.minutes(1)))
struct AsyncSemaphoreTests {
    @Test("At most as many bodies run at a time as there are permits")
    func permits() async throws {
        let semaphore = AsyncSemaphore(3)
        let running = Running()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await semaphore.withPermit {
                        running.begin()
                        await Task.yield()
                        running.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.most <= 3)
        #expect(semaphore.waiting == 0)
        for _ in 0..<3 { #expect(semaphore.tryAcquire()) }
        #expect(!semaphore.tryAcquire())
    }

    @Test("Waiting callers get permits in order of arrival")
    func order() async throws {
        let semaphore = AsyncSemaphore(1)
        try await semaphore.acquire()
        let (order, finished) = AsyncStream.makeStream(of: Int.self)
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(Task { try await semaphore.withPermit { _ = finished.yield(number) } })
            try await eventually("the caller waits") { semaphore.waiting == number + 1 }
        }
        semaphore.release()
        for task in tasks { try await task.value }
        finished.finish()
        #expect(await order.reduce(into: []) { $0.append($1) } == [0, 1, 2, 3, 4])
    }

    @Test("A cancelled caller leaves the queue and takes no permit")
    func cancellation() async throws {
        let semaphore = AsyncSemaphore(1)
        try await semaphore.acquire()
        let cancelled = Task { try await semaphore.withPermit { Issue.record("the body ran") } }
        try await eventually("the caller waits") { semaphore.waiting == 1 }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(semaphore.waiting == 0)
        semaphore.release()
        #expect(semaphore.tryAcquire())
    }

    @Test("A caller that is cancelled already gets no permit, even if one is free")
    func cancelledBefore() async throws {
        let semaphore = AsyncSemaphore(1)
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await semaphore.acquire()
        }
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(semaphore.tryAcquire())
    }

    @Test("A caller beyond the bound is refused and does not wait")
    func bound() async throws {
        let semaphore = AsyncSemaphore(1, maxWaiting: 1)
        try await semaphore.acquire()
        let waiting = Task { try await semaphore.acquire() }
        try await eventually("the caller waits") { semaphore.waiting == 1 }
        await #expect(throws: AsyncSemaphore.Full(waiting: 1)) { try await semaphore.acquire() }
        semaphore.release()
        try await waiting.value
    }

    @Test("A permit is released when its body throws")
    func failure() async {
        struct Failure: Error {}
        let semaphore = AsyncSemaphore(1)
        await #expect(throws: Failure.self) { try await semaphore.withPermit { throw Failure() } }
        #expect(semaphore.tryAcquire())
    }

    @Test("A permit with a time limit is released once: by the limit, while the body still runs")
    func limit() async throws {
        let semaphore = AsyncSemaphore(1)
        try await semaphore.withPermit(atMost: .milliseconds(1)) {
            // Only the limit can release the permit that this waits for.
            try await semaphore.acquire()
        }
        #expect(!semaphore.tryAcquire())
        semaphore.release()
        #expect(semaphore.tryAcquire())
    }
}
