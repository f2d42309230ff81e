import Foundation
import TestClient
import TestSupport

/// Checks the promises of docs/reliability.md after a storm, with the API's answers and the journals that the agents have
/// written themselves. Each violation is one sentence.
struct Checker {
    /// Error codes with which a task may fail. It may complete, and be cancelled if that was requested.
    let allowedCodes: Set<String>
    let api: API

    /// Waits for the end of every task and checks each.
    /// - Parameter limit: How long the tasks may take to end.
    /// - Returns: the violations.
    func check(_ submissions: [Submission], within limit: Duration) async -> [String] {
        _ = try? await eventually("the end of every task", within: limit) { submissions.allSatisfy(\.isDone) }
        var wrong: [String] = []
        for submission in submissions { wrong += await check(submission) }
        return wrong
    }

    private func check(_ submission: Submission) async -> [String] {
        guard let id = submission.id else {
            return [
                "submission \(submission.job.token) (\(submission.job.kind)) was never accepted: \(submission.refusal ?? "no answer")"
            ]
        }
        var wrong: [String] = []
        if let refusal = submission.refusal { wrong.append(refusal) }
        do {
            let events = try await log(id)
            wrong += stream(events)
            for follower in submission.followers { wrong += compare(follower, events) }
            wrong += verdict(submission, events, try await api.task(id))
            wrong += starts(submission, Attempts(events))
        } catch { wrong.append("its log cannot be read: \(error)") }
        return wrong.map { "task \(id) (\(submission.job.kind)): \($0)" }
    }

    /// Reads the whole log, page by page.
    private func log(_ id: String) async throws -> [TaskEvent] {
        var events: [TaskEvent] = []
        while true {
            let page = try await api.page(id, after: events.last?.seq ?? 0, limit: 5000)
            events += page.items
            guard page.next.int != nil, !page.items.isEmpty else { return events }
        }
    }

    private func stream(_ events: [TaskEvent]) -> [String] {
        var wrong: [String] = []
        for (index, event) in events.enumerated() where event.seq != index + 1 {
            wrong.append("its log has seq \(event.seq) at position \(index + 1)")
            break
        }
        let ends = events.filter(\.isTerminal)
        if ends.count != 1 { wrong.append("it has \(ends.count) terminal events") }
        if events.last?.isTerminal != true { wrong.append("its log ends with \(events.last?.kind ?? "nothing")") }
        return wrong
    }

    private func compare(_ follower: Follower, _ events: [TaskEvent]) -> [String] {
        if let broken = follower.violation { return ["a viewer from \(follower.after): \(broken)"] }
        let seen = follower.events
        guard follower.isDone else {
            return [
                "a viewer from \(follower.after) has not received the end, only seq \(seen.last?.seq ?? 0) of \(events.count)"
            ]
        }
        return seen == Array(events.dropFirst(follower.after))
            ? [] : ["a viewer from \(follower.after) has received other events than the log has"]
    }

    private func starts(_ submission: Submission, _ attempts: Attempts) -> [String] {
        let journal = Journal(of: submission.job)
        var wrong: [String] = []
        let maxStarts = submission.choices.onDisconnect == .requeue ? max(1, attempts.count) : 1
        if journal.spawned.count > maxStarts {
            wrong.append("it was started \(journal.spawned.count) times: \(journal.spawned)")
        }
        if !journal.doubles.isEmpty {
            wrong.append("it ran twice at the same time, beside processes \(journal.doubles)")
        }
        return wrong
    }

    private func verdict(_ submission: Submission, _ events: [TaskEvent], _ task: JSON) -> [String] {
        var wrong: [String] = []
        let state = events.last?.state ?? "none"
        if task["state"].string != state { wrong.append("it is \(task["state"]), its log ends with \(state)") }
        // Only a task with `requeue` may have output of an attempt before its last.
        let text =
            submission.choices.onDisconnect == .requeue
            ? Attempts(events).texts.last ?? "" : events.map(\.answer).joined()
        switch state {
        case "completed":
            if !submission.job.texts.contains(text) {
                wrong.append(
                    "it completed with other output than it wrote: \(Self.difference(text, submission.job.text))")
            }
            if Journal(of: submission.job).spawned.isEmpty { wrong.append("it completed without a process") }
        case "cancelled" where submission.isCancelRequested: break
        case "failed" where submission.choices.allowedCodes(allowedCodes).contains(task["error"]["code"].string ?? ""):
            break
        default: wrong.append("it ended as \(state) (\(task["error"]["code"])): \(task["error"]["message"])")
        }
        for text in Attempts(events).texts + [text] where !submission.job.text.hasPrefix(text) {
            wrong.append("its output is not a prefix of what it wrote: \(Self.difference(text, submission.job.text))")
        }
        return wrong
    }

    /// Describes the first difference of two texts.
    private static func difference(_ text: String, _ expected: String) -> String {
        let (a, b) = (Array(text.utf8), Array(expected.utf8))
        let offset = zip(a, b).prefix { $0 == $1 }.count
        let around = { (bytes: [UInt8]) in
            String(decoding: bytes[max(0, offset - 30)..<min(bytes.count, offset + 30)], as: UTF8.self)
        }
        return
            "\(a.count) bytes instead of \(b.count), from byte \(offset) on \"\(around(a))\" instead of \"\(around(b))\""
    }

    /// Checks that an idle executor has free slots, an empty spool and no child process.
    /// - Parameters:
    ///   - limit: How long to wait for each; longer than the interval of its reports.
    ///   - spool: Its folder of unacknowledged events.
    ///   - home: The `HOME` of its children.
    func check(executor: String, spool: String, home: String, within limit: Duration = .seconds(45)) async -> [String] {
        var wrong: [String] = []
        do {
            try await eventually("free slots", within: limit) {
                try await api.device(executor)?["slots"]["used"].int == 0
            }
        } catch { wrong.append("\(executor) still has slots in use: \(error)") }
        do {
            try await eventually("an empty spool", within: limit) { try files(in: spool).isEmpty }
        } catch { wrong.append("\(executor) has files left in its spool: \((try? files(in: spool)) ?? [])") }
        do {
            try await eventually("no process", within: limit) { Processes.ofAttempts(home: home).isEmpty }
        } catch { wrong.append("processes are left: \(Processes.ofAttempts(home: home))") }
        return wrong
    }

    private func files(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
    }
}
