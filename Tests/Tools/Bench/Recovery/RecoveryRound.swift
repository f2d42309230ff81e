import Foundation
import TestClient
import TestCluster
import TestSupport

/// One kill, and what followed; in milliseconds from the kill.
struct RecoveryRound: Sendable {
    /// The viewer's longest pause, or the time until it was told of the task's end when the executor was killed.
    var pause: Double
    /// A new task was answered with 202.
    var accepted: Double
    /// The new task's output was at its viewer.
    var seen: Double

    /// Between two tries to hand in a task.
    private static let again: Duration = .milliseconds(20)
    /// What can be killed: a part, or the dispatcher while another one waits in its place.
    static let parts = ["dispatcher", "gateway", "registry", "executor", leader]
    static let leader = "leader"

    /// Kills a part in the middle of a stream, and starts it again where nobody waits in its place.
    static func run(_ cluster: Cluster, _ part: String, number: Int) async throws -> RecoveryRound {
        let api = cluster.api
        let task = try await api.submit("exec \(Bench.program) emit --count 20000 --interval-ms 5", target: "executor")
        let id = task["id"].string ?? ""
        let viewer = StreamViewer(api, task: id, resumes: true)
        try await eventually("the stream flows") { viewer.seen.lines > 100 }
        viewer.startPauses()
        let start = ContinuousClock.now
        async let life: Void = revive(cluster, part, number)
        async let probe = probe(api, since: start)
        let (accepted, seen) = try await probe
        try await life
        let pause: Double
        if part == "executor" {
            let told = try await viewer.end("failed", within: .seconds(60))
            pause = told.endedAt.map { Report.ms($0 - start) } ?? .nan
        } else {
            let lines = viewer.seen.lines
            try await eventually("the stream flows again") { viewer.seen.lines > lines + 100 }
            pause = Report.ms(viewer.seen.pause)
            try await api.cancel(id)
            _ = try await viewer.end("cancelled")
        }
        try await settle(api)
        return RecoveryRound(pause: pause, accepted: accepted, seen: seen)
    }

    private static func revive(_ cluster: Cluster, _ part: String, _ number: Int) async throws {
        guard part != leader else {
            // The two dispatchers take turns: the one that dies is started again later, as the one that waits.
            return try await cluster.kill(dispatchers(number).leading)
        }
        try await cluster.kill(part)
        try await cluster.restart(part)
    }

    /// Which of the two dispatchers leads in a round, and which waits.
    static func dispatchers(_ number: Int) -> (leading: String, waiting: String) {
        number.isMultiple(of: 2) ? ("dispatcher", "standby") : ("standby", "dispatcher")
    }

    /// Hands in a task as a patient client does, and watches it.
    private static func probe(
        _ api: API, since start: ContinuousClock.Instant
    ) async throws -> (accepted: Double, seen: Double) {
        // Not before the kill has happened.
        try await Task.sleep(for: .milliseconds(5))
        let body =
            #"{"prompt":"echo back","agent":"shell","target":"executor","idempotency_key":"\#(UUID().uuidString)"}"#
        let id = try await accepted(api, body)
        let accepted = Report.ms(start.duration(to: .now))
        let viewer = StreamViewer(api, task: id, resumes: true)
        let seen = try await viewer.end(within: .seconds(60))
        return (accepted, seen.first.map { Report.ms($0 - start) } ?? .nan)
    }

    /// Asks again until the task is accepted, and returns its id.
    private static func accepted(_ api: API, _ body: String) async throws -> String {
        let end = ContinuousClock.now + .seconds(60)
        var answer = "nothing"
        while ContinuousClock.now < end {
            do {
                let reply = try await api.call("POST", "/tasks", body, timeout: .seconds(5))
                if reply.status == 202, let id = reply.json["id"].string { return id }
                answer = "\(reply.status) \(reply.code ?? "")"
            } catch {
                answer = "\(error)"
            }
            try await Task.sleep(for: again)
        }
        throw Unfit("a new task was not accepted within 60 s: \(answer)")
    }

    /// Waits until the device is free.
    private static func settle(_ api: API) async throws {
        try await eventually("the device is free") { try await api.device("executor")?["status"].string == "online" }
    }
}
