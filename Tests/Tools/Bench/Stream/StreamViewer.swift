import Curl
import Synchronization
import TestClient
import TestSupport

/// Follows a task over server-sent events with as little work as possible, and records its output.
final class StreamViewer: Sendable {
    private struct State {
        var record = OutputRecord()
        var failure: (any Error)?
        var isOver = false
    }
    private final class Shared: Sendable { let value = Mutex(State()) }

    /// The pause before a broken stream is resumed.
    private static let retryPause: Duration = .milliseconds(50)

    private let shared = Shared()
    private let reader: Task<Void, Never>

    /// Follows from the first event on.
    /// - Parameters:
    ///   - latencies: Whether the latency of each line is recorded.
    ///   - resumes: Whether a broken stream is resumed at its cursor, without a limit.
    init(_ api: API, task: String, latencies: Bool = false, resumes: Bool = false) {
        shared.value.withLock { $0.record.keepsLatencies = latencies }
        reader = Task { [shared] in
            repeat {
                do {
                    try await Self.read(api, task, shared)
                } catch let error as Malformed {
                    shared.value.withLock { $0.failure = error }
                } catch {
                    if !resumes { shared.value.withLock { $0.failure = error } }
                }
                if shared.value.withLock({ $0.record.end != nil || $0.failure != nil }) { break }
                try? await Task.sleep(for: Self.retryPause)
            } while resumes && !Task.isCancelled
            shared.value.withLock { $0.isOver = true }
        }
    }

    deinit { reader.cancel() }

    /// The record so far.
    var record: OutputRecord { shared.value.withLock { $0.record } }

    /// Measures pauses from now on.
    func startPauses() { shared.value.withLock { $0.record.startPauses() } }

    /// Stops following.
    func close() { reader.cancel() }

    /// Waits for the end of the task.
    /// - Throws: the stream's error, or ``Unfit`` when the task ended in another state.
    func end(_ expected: String = "completed", within limit: Duration = .seconds(60)) async throws -> OutputRecord {
        try await eventually("the task's end at the viewer", within: limit) { shared.value.withLock { $0.isOver } }
        let (record, failure) = shared.value.withLock { ($0.record, $0.failure) }
        if let failure { throw failure }
        guard record.end == expected else { throw Unfit("the task ended as \(record.end ?? "unknown")") }
        return record
    }

    private static func read(_ api: API, _ task: String, _ shared: Shared) async throws {
        let response = try await api.stream(task, after: shared.value.withLock { $0.record.seq })
        guard response.status == 200 else { throw Unfit("the stream was answered with \(response.status)") }
        var scanner = EventScanner()
        for try await chunk in response.body {
            let (now, wall) = (ContinuousClock.now, WallClock.nanoseconds())
            try shared.value.withLock { state in
                try scanner.feed(chunk) { try state.record.record($0, now, wall) }
            }
        }
    }
}
