import Foundation
import TestClient
import TestSupport

/// The times of one task, in milliseconds from just before its request was sent.
struct TaskTimes {
    /// When the answer to POST /tasks arrived.
    var accepted: Double
    /// When the agent's process read the clock, as its first action.
    var process: Double
    /// When that output was at the viewer.
    var event: Double
    /// When the terminal state was at the viewer.
    var end: Double

    /// Submits one task and follows it to its end.
    static func measure(_ api: API) async throws -> TaskTimes {
        let start = ContinuousClock.now
        let wall = WallClock.nanoseconds()
        let task = try await api.submit("date +%s%N")
        let accepted = ContinuousClock.now
        let viewer = api.watch(task["id"].string ?? "")
        let events = try await viewer.end()
        guard let index = events.firstIndex(where: { !$0.text.isEmpty }),
            let stamp = Int64(events[index].text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw Malformed(description: "no time in \(events)") }
        let arrivals = viewer.arrivals
        return TaskTimes(
            accepted: milliseconds(accepted - start), process: Double(stamp - wall) / 1e6,
            event: milliseconds(arrivals[index] - start), end: milliseconds(arrivals[arrivals.count - 1] - start))
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
