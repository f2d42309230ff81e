import Curl
import Messages

/// Reads a task's events from the gateway's stream and resumes it when the connection breaks: each event once, in order,
/// without a gap.
struct TaskFollower: Sendable {
    enum Update: Sendable {
        /// The next event; `line` is its JSON as the gateway sent it.
        case event(EventBody, line: [UInt8])
        /// The connection broke; `failures` in a row, and another try follows.
        case disconnected(failures: Int)
        /// Events arrive again.
        case reconnected
    }

    let gateway: GatewayClient
    let task: TaskID
    /// Passes on the events after this one; 0 = all.
    var start: UInt64 = 0

    /// Passes each event to `handle`.
    /// - Returns: How the task ended.
    /// - Throws: ``CommandError`` when the connection is not restored within about a minute, ``GatewayError``; what
    ///   `handle` throws.
    func follow(
        isolation: isolated (any Actor)? = #isolation, _ handle: (Update) async throws -> Void
    ) async throws -> TaskEnd {
        var (cursor, plan) = (start, RetryPlan())
        while true {
            let cause: String
            do {
                let body = try await gateway.stream("/tasks/\(task)/events", after: cursor == 0 ? "" : String(cursor))
                if let end = try await read(body, &cursor, &plan, handle) { return end }
                cause = "the gateway ended the stream before the task's end"
            } catch let error as CurlError {
                cause = ConnectionError(url: gateway.connection.url, cause: error).description
            } catch let error as GatewayError where error.isTemporary {
                cause = error.description
            }
            guard let pause = plan.failed() else {
                throw CommandError("\(cause); task \(task) goes on, follow it with `wegent logs -f \(task)`")
            }
            try await handle(.disconnected(failures: plan.failures))
            try await Task.sleep(for: pause)
        }
    }

    /// Reads one connection.
    /// - Returns: How the task ended; nil when the connection ended first.
    private func read(
        _ body: CurlBody, _ cursor: inout UInt64, _ plan: inout RetryPlan,
        isolation: isolated (any Actor)? = #isolation, _ handle: (Update) async throws -> Void
    ) async throws -> TaskEnd? {
        var parser = ServerSentEvents()
        for try await chunk in body {
            for item in try parser.push(chunk) {
                guard let event = try? GatewayClient.decoder.decode(EventBody.self, from: item.data.data) else {
                    continue
                }
                if event.seq <= cursor { continue }
                // A gap: reconnect and resume from the cursor.
                guard event.seq == cursor + 1 else { return nil }
                cursor = event.seq
                if plan.failures > 0 { try await handle(.reconnected) }
                plan.succeeded()
                try await handle(.event(event, line: item.data))
                if let end = event.taskEnd { return end }
            }
        }
        try Task.checkCancellation()
        return nil
    }
}
