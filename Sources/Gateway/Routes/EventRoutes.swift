import HTTPTypes
import Hummingbird
import Messages

/// `GET /tasks/{task}/events`: a page of JSON, or a live stream with `Accept: text/event-stream`.
struct EventRoutes: Sendable {
    let client: LeaderClient
    let verifier: TokenVerifier
    let heartbeat: Duration

    var routes: [Endpoint] { [Endpoint(.get, "/tasks/{task}/events", handler: events)] }

    @Sendable private func events(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try Query(request, known: ["after", "limit"])
        let owner = try context.owner
        let task: TaskID = try context.id("task", missing: .taskNotFound)
        let start = try query.number("after", in: 0...UInt64(Int64.max))
        // A browser reconnects with its first URL, so the header comes before the query.
        let after = try Self.lastEventID(request) ?? start ?? 0
        let limit = try query.number("limit", in: 1...10_000) ?? 1000
        if Self.wantsStream(request) {
            let stream = EventStream(
                client: client, owner: owner, task: task, after: after, logger: context.logger)
            // Only a 204 keeps a browser from reconnecting after the end.
            guard try await stream.hasMore(trace: context.trace) else { return .noContent }
            let claims = context.claims
            let rules = ServerSentSink.Rules(
                heartbeat: heartbeat,
                isRefused: { [verifier] in claims.flatMap { verifier.refusal(of: $0) } != nil })
            return ServerSentSink.response(of: stream, to: request, rules: rules)
        }
        return try await page(
            EventsPage(owner: owner, task: task, after: after, limit: limit), trace: context.trace)
    }

    private func page(_ page: EventsPage, trace: TraceID) async throws -> Response {
        let batch = try await client.askLeader(of: page.owner, page, trace: trace)
        var next: UInt64? = page.after
        if let last = batch.events.last {
            next = last.flags.contains(.terminal) ? nil : last.seq
        } else {
            let view = try await client.askLeader(
                of: page.owner, TaskGet(owner: page.owner, task: page.task), trace: trace)
            try EventStream.check(page.after, against: view)
            // Its last_seq is later than the cursor when the task has ended between the two replies.
            if view.state.isTerminal, page.after >= view.lastSeq { next = nil }
        }
        return .json(EventFormat.page(batch.events, next: next))
    }

    private static func wantsStream(_ request: Request) -> Bool {
        request.headers[.accept]?.lowercased().contains("text/event-stream") ?? false
    }

    private static func lastEventID(_ request: Request) throws -> UInt64? {
        guard let text = request.headers[.lastEventID], !text.isEmpty else { return nil }
        guard let seq = UInt64(text), seq <= UInt64(Int64.max) else {
            throw Fault(.invalidRequest, "the header 'Last-Event-ID' must be an event's number")
        }
        return seq
    }
}
