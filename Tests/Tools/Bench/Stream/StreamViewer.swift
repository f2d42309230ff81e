import Curl
import Synchronization
import TestClient
import TestSupport

/// Watches a task over server-sent events with as little work as can be, and counts.
final class StreamViewer: Sendable {
    private struct State {
        var seen = Seen()
        var failure: (any Error)?
        var isOver = false
    }
    private final class Shared: Sendable { let value = Mutex(State()) }

    /// Between two tries to take up a broken stream.
    private static let again: Duration = .milliseconds(50)

    private let shared = Shared()
    private let reader: Task<Void, Never>

    /// Watches from the first event on.
    /// - Parameters:
    ///   - latencies: Whether each line's way is measured.
    ///   - resumes: Whether a broken stream is taken up again at its cursor, for as long as it takes.
    init(_ api: API, task: String, latencies: Bool = false, resumes: Bool = false) {
        shared.value.withLock { $0.seen.keepsLatencies = latencies }
        reader = Task { [shared] in
            repeat {
                do {
                    try await Self.read(api, task, shared)
                } catch let error as Malformed {
                    shared.value.withLock { $0.failure = error }
                } catch {
                    if !resumes { shared.value.withLock { $0.failure = error } }
                }
                if shared.value.withLock({ $0.seen.end != nil || $0.failure != nil }) { break }
                try? await Task.sleep(for: Self.again)
            } while resumes && !Task.isCancelled
            shared.value.withLock { $0.isOver = true }
        }
    }

    deinit { reader.cancel() }

    /// What it has seen so far.
    var seen: Seen { shared.value.withLock { $0.seen } }

    /// Measures pauses from now on.
    func startPauses() { shared.value.withLock { $0.seen.startPauses() } }

    /// Stops watching.
    func close() { reader.cancel() }

    /// Waits for the end of the task.
    /// - Throws: what broke the stream, and ``Unfit`` when the task did not complete.
    func end(_ expected: String = "completed", within limit: Duration = .seconds(60)) async throws -> Seen {
        try await eventually("the task's end at the viewer", within: limit) { shared.value.withLock { $0.isOver } }
        let (seen, failure) = shared.value.withLock { ($0.seen, $0.failure) }
        if let failure { throw failure }
        guard seen.end == expected else { throw Unfit("the task ended as \(seen.end ?? "nothing")") }
        return seen
    }

    private static func read(_ api: API, _ task: String, _ shared: Shared) async throws {
        let response = try await api.stream(task, after: shared.value.withLock { $0.seen.seq })
        guard response.status == 200 else { throw Unfit("the stream was answered with \(response.status)") }
        var scanner = EventScanner()
        for try await chunk in response.body {
            let (now, wall) = (ContinuousClock.now, WallClock.nanoseconds())
            try shared.value.withLock { state in
                try scanner.feed(chunk) { try state.seen.take($0, now, wall) }
            }
        }
    }
}
