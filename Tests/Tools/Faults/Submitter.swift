import Foundation
import Synchronization
import TestClient
import TestCluster

/// Submits tasks as a careful client does: with an idempotency key, retrying until there is an answer.
final class Submitter: Sendable {
    let cluster: Cluster
    private let random: Mutex<SeededRandom>
    private let all = Mutex<[Submission]>([])
    /// Also follows every task, on one socket.
    private let page: BrowserPage
    /// How long a client retries; longer than any outage of a scenario.
    private let timeout: Duration = .seconds(90)

    init(_ cluster: Cluster, seed: UInt64) throws {
        self.cluster = cluster
        random = Mutex(SeededRandom(seed: seed))
        page = BrowserPage(cluster.api)
        try FileManager.default.createDirectory(atPath: cluster.data("journal"), withIntermediateDirectories: true)
    }

    /// All submissions so far.
    var submissions: [Submission] { all.withLock { $0 } }

    /// Stops following.
    func close() { page.close() }

    /// Creates a submission without sending it.
    func makeSubmission(_ kind: Job.Kind) -> Submission {
        let token = random.withLock { String($0.next() % 1_000_000_000, radix: 36) } + "\(submissions.count)"
        let submission = Submission(
            Job(kind: kind, token: token, journal: cluster.data("journal/\(token)")),
            random.withLock { TaskChoices.random(&$0) })
        all.withLock { $0.append(submission) }
        return submission
    }

    /// Sends a submission for a device and follows its task.
    func submit(_ submission: Submission, to device: String) async {
        let end = ContinuousClock.now + timeout
        let body =
            #"{"prompt":\#(JSON.quoted(submission.job.prompt)),"agent":"\#(submission.job.agent)","target":"\#(device)","#
            + #""idempotency_key":"\#(submission.job.token)"\#(submission.job.fields)\#(submission.choices.fields)}"#
        var reason = ""
        while ContinuousClock.now < end, !Task.isCancelled {
            do {
                let answer = try await cluster.api.call("POST", "/tasks", body, timeout: .seconds(8))
                if answer.status == 202, let id = answer.json["id"].string { return await accept(id, submission, body) }
                reason = "\(answer.status) \(answer.code ?? "")"
                // The device may be offline for now; any other refusal is a violation.
                let isOffline = answer.code == "device_offline" && !submission.choices.waitsWhenOffline
                guard answer.status >= 500 || answer.status == 429 || isOffline else { break }
            } catch { reason = "\(error)" }
            try? await Task.sleep(for: random.withLock { $0.milliseconds(20...200) })
        }
        submission.refuse(reason)
    }

    private func accept(_ id: String, _ submission: Submission, _ body: String) async {
        submission.accepted(id, Follower(cluster.api, task: id))
        submission.add(page.follow(id))
        if submission.job.kind == .cancelled { Task { await self.cancel(submission, id) } }
        guard random.withLock({ $0.once(in: 4) }) else { return }
        // Repeating the request must return the same task.
        if let again = try? await cluster.api.call("POST", "/tasks", body, timeout: .seconds(8)), again.status == 202,
            again.json["id"].string != id
        {
            submission.refuse("a repeated submission created task \(again.json["id"].string ?? "") beside \(id)")
        }
        // A viewer that starts later, at any cursor.
        let after = submission.follower?.events.randomElement()?.seq ?? 0
        submission.add(Follower(cluster.api, task: id, after: after))
    }

    private func cancel(_ submission: Submission, _ id: String) async {
        try? await Task.sleep(for: random.withLock { $0.milliseconds(0...2500) })
        let end = ContinuousClock.now + timeout
        while ContinuousClock.now < end, submission.follower?.isDone == false {
            submission.requestCancel()
            if let answer = try? await cluster.api.call("POST", "/tasks/\(id)/cancel", timeout: .seconds(8)),
                answer.status == 202
            {
                return
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
