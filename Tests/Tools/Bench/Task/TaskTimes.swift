import Foundation
import TestClient
import TestSupport

/// What one task took, each in milliseconds since just before its request was sent.
struct TaskTimes {
    /// The answer to POST /tasks was here.
    var accepted: Double
    /// The agent's process read its clock, first thing.
    var process: Double
    /// That output was at the viewer.
    var event: Double
    /// The terminal state was at the viewer.
    var end: Double

    /// Sends one task and watches it to its end.
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
