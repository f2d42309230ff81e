import Foundation
import ScriptedModel
import Synchronization
import TestClient

/// The model of a storm's Claude Code: it lets each job of ``Job`` run its command, and then says the job's text. A request
/// that is repeated, also by another attempt, gets the answer that the conversation asks for.
final class StormModel: Sendable {
    private let submitter: Submitter
    /// How often a job's request was refused.
    private let refusals = Mutex<[String: Int]>([:])

    init(of submitter: Submitter) { self.submitter = submitter }

    /// Answers every request of `model` from now on.
    func play(_ model: ScriptedModel) { model.react { self.turn(for: $0) } }

    private func turn(for request: ModelRequest) -> Turn? {
        guard let start = request.messages.lastIndex(where: { $0.role == "user" && Self.job($0) != nil }),
            let token = Self.job(request.messages[start]),
            let job = submitter.submissions.map(\.job).first(where: { $0.token == token })
        else { return nil }
        let since = request.messages[start...]
        // The answer was given: this is the turn that follows the report of the background work.
        let answer = job.last.dropLast()
        if since.contains(where: { $0.role == "assistant" && $0.texts.contains { $0.contains(answer) } }) {
            return .text(.token("\(token) noted\n"))
        }
        let isRun = since.contains { !$0.toolResults.isEmpty }
        guard isRun else { return .tool("Bash", input: input(of: job)) }
        if job.kind == .retried, refuses(token) { return .failure(529, "overloaded") }
        return .text(.token(job.last))
    }

    /// The token of the job that a message asks for.
    private static func job(_ message: ModelRequest.Message) -> String? {
        message.texts.lazy.flatMap { $0.split(separator: "\n") }.first { $0.hasPrefix("job ") }
            .flatMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
    }

    private func input(of job: Job) -> String {
        let background = job.kind == .retried ? "" : #","run_in_background":true"#
        return #"{"command":\#(JSON.quoted(job.command))\#(background)}"#
    }

    private func refuses(_ token: String) -> Bool {
        refusals.withLock { refusals in
            refusals[token, default: 0] += 1
            return refusals[token, default: 0] <= 2
        }
    }
}
