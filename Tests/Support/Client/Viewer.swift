import Curl
import Synchronization
import TestSupport

/// Somebody who watches one task over server-sent events, from the moment it is made.
///
/// It checks what every stream owes: `id` and `event` agree with the data, seq grows by one from where it was
/// asked for, and the stream ends after the terminal event and not before.
public final class Viewer: Sendable {
    private struct State {
        var events: [TaskEvent] = []
        var arrived: [ContinuousClock.Instant] = []
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

    /// What has come so far.
    public var events: [TaskEvent] { state.value.withLock { $0.events } }

    /// All text so far.
    public var text: String { events.map(\.text).joined() }

    /// When each event of ``events`` was here.
    public var arrivals: [ContinuousClock.Instant] { state.value.withLock { $0.arrived } }

    /// Stops watching.
    public func close() { reader.cancel() }

    /// Waits for an event.
    /// - Throws: `Overdue` with what came instead, also when the stream ends without it.
    @discardableResult
    public func event(
        _ what: String, within limit: Duration = .seconds(60), where matches: (TaskEvent) -> Bool
    ) async throws -> TaskEvent {
        let found: TaskEvent? = try await look(what, limit) { events, ended in
            if let event = events.first(where: matches) { return .some(event) }
            return ended ? .some(nil) : nil
        }
        guard let found else { throw Overdue(what, after: limit, seen: "the stream ended with \(events.suffix(20))") }
        return found
    }

    /// Waits until the text so far contains `part`.
    public func text(_ part: String, within limit: Duration = .seconds(60)) async throws {
        _ = try await look("the text \(part)", limit) { events, ended in
            if events.map(\.text).joined().contains(part) { return true }
            if ended { throw Overdue("the text \(part)", after: limit, seen: "the stream ended with \(events)") }
            return nil
        }
    }

    /// Waits for the end of the stream and returns all of it.
    /// - Throws: what broke the stream or the contract.
    public func end(within limit: Duration = .seconds(60)) async throws -> [TaskEvent] {
        let result = try await look("the end of the stream", limit) { _, _ in state.value.withLock { $0.result } }
        try result.get()
        return events
    }

    private func look<Value>(
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
            throw Refusal(answer: Answer(status: response.status, type: type, body: try await response.body.bytes()))
        }
        var parser = ServerSentEvents()
        var last = after ?? 0
        var terminal = false
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
                guard !terminal else { throw Malformed(description: "\(event) came after the terminal event") }
                last = event.seq
                terminal = event.isTerminal
                state.value.withLock {
                    $0.events.append(event)
                    $0.arrived.append(now)
                }
            }
        }
        try Task.checkCancellation()
        guard terminal else { throw Malformed(description: "the stream ended after seq \(last) without a verdict") }
    }
}
