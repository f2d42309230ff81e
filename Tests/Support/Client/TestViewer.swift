import Curl
import Synchronization
import TestSupport

/// Follows one task over server-sent events, from its creation on.
///
/// Checks the contract of a stream: `id` and `event` agree with the data, seq grows by one from the requested start, and
/// the stream ends after the terminal event and not before.
public final class TestViewer: Sendable {
    private struct State {
        var events: [TaskEvent] = []
        var arrivals: [ContinuousClock.Instant] = []
        var result: Result<Void, any Error>?
    }

    private final class Shared: Sendable { let value = Mutex(State()) }

    private let state = Shared()
    private let reader: Task<Void, Never>

    init(_ api: API, task: String, after: Int?) {
        reader = Task { [state] in
            do {
                try await Self.read(api, task, after, into: state)
                state.value.withLock { $0.result = .success(()) }
            } catch {
                state.value.withLock { $0.result = .failure(error) }
            }
        }
    }

    deinit { reader.cancel() }

    /// The events so far.
    public var events: [TaskEvent] { state.value.withLock { $0.events } }

    /// All text so far.
    public var text: String { events.map(\.text).joined() }

    /// When each event of ``events`` arrived.
    public var arrivals: [ContinuousClock.Instant] { state.value.withLock { $0.arrivals } }

    /// Stops following.
    public func close() { reader.cancel() }

    /// Waits for an event.
    /// - Throws: `Overdue` with the events instead, also when the stream ends without it.
    @discardableResult
    public func event(
        _ what: String, within limit: Duration = .seconds(60), where matches: (TaskEvent) -> Bool
    ) async throws -> TaskEvent {
        let found: TaskEvent? = try await poll(what, limit) { events, ended in
            if let event = events.first(where: matches) { return .some(event) }
            return ended ? .some(nil) : nil
        }
        guard let found else { throw Overdue(what, after: limit, seen: "the stream ended with \(events.suffix(20))") }
        return found
    }

    /// Waits until the text so far contains `part`.
    public func text(_ part: String, within limit: Duration = .seconds(60)) async throws {
        _ = try await poll("the text \(part)", limit) { events, ended in
            if events.map(\.text).joined().contains(part) { return true }
            if ended { throw Overdue("the text \(part)", after: limit, seen: "the stream ended with \(events)") }
            return nil
        }
    }

    /// Waits for the end of the stream and returns all events.
    /// - Throws: the stream's error, or ``Malformed`` for a violation of the contract.
    public func end(within limit: Duration = .seconds(60)) async throws -> [TaskEvent] {
        let result = try await poll("the end of the stream", limit) { _, _ in state.value.withLock { $0.result } }
        try result.get()
        return events
    }

    private func poll<Value>(
        _ what: String, _ limit: Duration, _ body: ([TaskEvent], Bool) throws -> Value?
    ) async throws -> Value {
        do {
            return try await eventually(what, within: limit) {
                let (events, ended) = state.value.withLock { ($0.events, $0.result != nil) }
                return try body(events, ended)
            }
        } catch let overdue as Overdue {
            throw Overdue(what, after: limit, seen: "\(overdue)\nseen: \(events.suffix(20))")
        }
    }

    private static func read(_ api: API, _ task: String, _ after: Int?, into state: Shared) async throws {
        var request = api.request("GET", "/tasks/\(task)/events", nil, timeout: nil)
        request.headers["Accept"] = "text/event-stream"
        if let after { request.headers["Last-Event-ID"] = "\(after)" }
        let response = try await api.client.send(request)
        let type = response.headers["content-type"] ?? ""
        guard response.status == 200, type.hasPrefix("text/event-stream") else {
            throw UnexpectedStatus(
                response: APIResponse(status: response.status, type: type, body: try await response.body.bytes()))
        }
        var parser = ServerSentEvents()
        var last = after ?? 0
        var isComplete = false
        for try await chunk in response.body {
            let now = ContinuousClock.now
            for raw in try parser.push(chunk) {
                let event = try TaskEvent(try JSON(raw.data))
                guard raw.id == "\(event.seq)", raw.name == event.kind else {
                    throw Malformed(description: "id \(raw.id), event \(raw.name), but data \(event)")
                }
                guard event.seq == last + 1 else {
                    throw Malformed(description: "seq \(event.seq) came after \(last)")
                }
                guard !isComplete else { throw Malformed(description: "\(event) came after the terminal event") }
                last = event.seq
                isComplete = event.isTerminal
                state.value.withLock {
                    $0.events.append(event)
                    $0.arrivals.append(now)
                }
            }
        }
        try Task.checkCancellation()
        guard isComplete else {
            throw Malformed(description: "the stream ended after seq \(last) without a terminal event")
        }
    }
}
