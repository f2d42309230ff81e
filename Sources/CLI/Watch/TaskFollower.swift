import Curl
import Messages

/// Follows a task's events through broken connections: each one once, in order, without a gap.
struct TaskFollower: Sendable {
    /// What a follower tells.
    enum News: Sendable {
        /// The next event; `line` is its JSON as the gateway sent it.
        case event(TaskEvent, line: [UInt8])
        /// The stream broke and is tried again; how many tries have failed.
        case broken(Int)
        /// Events come again.
        case restored
    }

    let backend: Backend
    let task: TaskID

    /// Tells everything behind `after` until the task's last event.
    /// - Throws: ``Failure`` when the connection stays away, ``Refusal``; what `tell` throws.
    func follow(
        after: UInt64 = 0, isolation: isolated (any Actor)? = #isolation, tell: (News) async throws -> Void
    ) async throws {
        var (cursor, plan) = (after, RetryPlan())
        while true {
            let cause: String
            do {
                let body = try await backend.stream(
                    "/tasks/\(task)/events", after: cursor == 0 ? "" : String(cursor))
                if try await read(body, &cursor, &plan, tell) { return }
                cause = "the stream ended early"
            } catch let error as CurlError {
                cause = Unreachable(url: backend.connection.url, cause: error).description
            } catch let error as Refusal where error.status >= 500 || error.status == 429 {
                cause = error.description
            }
            guard let pause = plan.failed() else {
                throw Failure("\(cause); the task goes on without you, see it with `wegent logs -f \(task)`")
            }
            try await tell(.broken(plan.failures))
            try await Task.sleep(for: pause)
        }
    }

    /// Reads one connection; true after the task's last event.
    private func read(
        _ body: CurlBody, _ cursor: inout UInt64, _ plan: inout RetryPlan,
        isolation: isolated (any Actor)? = #isolation, _ tell: (News) async throws -> Void
    ) async throws -> Bool {
        var parser = ServerSentEvents()
        for try await chunk in body {
            for item in try parser.push(chunk) {
                guard let event = try? Backend.decoder.decode(TaskEvent.self, from: item.data.data) else { continue }
                // A repetition is nothing new; a gap would be a lost event, so ask again.
                if event.seq <= cursor { continue }
                guard event.seq == cursor + 1 else { return false }
                cursor = event.seq
                if plan.failures > 0 { try await tell(.restored) }
                plan.succeeded()
                try await tell(.event(event, line: item.data))
                if event.isLast { return true }
            }
        }
        try Task.checkCancellation()
        return false
    }
}
