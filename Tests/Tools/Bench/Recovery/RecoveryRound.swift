import Foundation
import TestClient
import TestCluster
import TestSupport

/// The recovery after one kill, in milliseconds from the kill.
struct RecoveryRound: Sendable {
    /// The viewer's longest pause; for a killed executor, the time until the viewer had the task's end.
    var pause: Double
    /// When a new task was answered with 202.
    var accepted: Double
    /// When the new task's output was at its viewer.
    var output: Double

    /// The pause between two attempts to submit a task.
    private static let retryPause: Duration = .milliseconds(20)
    /// What can be killed: a service, or the leading dispatcher with a standby.
    static let parts = ["dispatcher", "gateway", "registry", "executor", leader]
    static let leader = "leader"

    /// Kills a part in the middle of a stream, and restarts it unless a standby takes over.
    static func run(_ cluster: Cluster, _ part: String, number: Int) async throws -> RecoveryRound {
        let api = cluster.api
        let task = try await api.submit("exec \(Bench.program) emit --count 20000 --interval-ms 5", target: "executor")
        let id = task["id"].string ?? ""
        let viewer = StreamViewer(api, task: id, resumes: true)
        try await eventually("the stream flows") { viewer.record.lines > 100 }
        viewer.startPauses()
        let start = ContinuousClock.now
        async let recovery: Void = killAndRestart(cluster, part, number)
        async let probe = probe(api, since: start)
        let (accepted, output) = try await probe
        try await recovery
        let pause: Double
        if part == "executor" {
            let record = try await viewer.end("failed", within: .seconds(60))
            pause = record.endedAt.map { Report.ms($0 - start) } ?? .nan
        } else {
            let lines = viewer.record.lines
            try await eventually("the stream flows again") { viewer.record.lines > lines + 100 }
            pause = Report.ms(viewer.record.pause)
            try await api.cancel(id)
            _ = try await viewer.end("cancelled")
        }
        try await waitForDevice(api)
        return RecoveryRound(pause: pause, accepted: accepted, output: output)
    }

    private static func killAndRestart(_ cluster: Cluster, _ part: String, _ number: Int) async throws {
        guard part != leader else {
            // The two dispatchers take turns: the killed one is restarted later, as the standby.
            return try await cluster.kill(dispatchers(number).leading)
        }
        try await cluster.kill(part)
        try await cluster.restart(part)
    }

    /// Returns which dispatcher leads in a round, and which is the standby.
    static func dispatchers(_ number: Int) -> (leading: String, standby: String) {
        number.isMultiple(of: 2) ? ("dispatcher", "standby") : ("standby", "dispatcher")
    }

    /// Submits a task as a retrying client does, and follows it.
    private static func probe(
        _ api: API, since start: ContinuousClock.Instant
    ) async throws -> (accepted: Double, output: Double) {
        // Wait for the kill.
        try await Task.sleep(for: .milliseconds(5))
        let body =
            #"{"prompt":"echo back","agent":"shell","target":"executor","idempotency_key":"\#(UUID().uuidString)"}"#
        let id = try await accepted(api, body)
        let accepted = Report.ms(start.duration(to: .now))
        let viewer = StreamViewer(api, task: id, resumes: true)
        let record = try await viewer.end(within: .seconds(60))
        return (accepted, record.first.map { Report.ms($0 - start) } ?? .nan)
    }

    /// Retries until the task is accepted, and returns its id.
    private static func accepted(_ api: API, _ body: String) async throws -> String {
        let end = ContinuousClock.now + .seconds(60)
        var answer = "no answer"
        while ContinuousClock.now < end {
            do {
                let reply = try await api.call("POST", "/tasks", body, timeout: .seconds(5))
                if reply.status == 202, let id = reply.json["id"].string { return id }
                answer = "\(reply.status) \(reply.code ?? "")"
            } catch {
                answer = "\(error)"
            }
            try await Task.sleep(for: retryPause)
        }
        throw Unfit("a new task was not accepted within 60 s: \(answer)")
    }

    /// Waits until the device is free.
    private static func waitForDevice(_ api: API) async throws {
        try await eventually("the device is free") { try await api.device("executor")?["status"].string == "online" }
    }
}
