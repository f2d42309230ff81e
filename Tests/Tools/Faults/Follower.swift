import Curl
import Foundation
import Synchronization
import TestClient

/// Follows a task to its end and resumes every broken stream at its cursor. A violation of the stream's contract ends it
/// with a description.
public final class Follower: Sendable {
    private struct State {
        var events: [TaskEvent] = []
        var text = ""
        var resumes = 0
        var violation: String?
        var isDone = false
    }

    private final class Shared: Sendable { let value = Mutex(State()) }

    private let state = Shared()
    private let task: Task<Void, Never>?
    /// The cursor that it started at.
    public let after: Int

    /// Follows over server-sent events.
    public init(_ api: API, task id: String, after: Int = 0) {
        self.after = after
        task = Task { [state] in
            while !Task.isCancelled, state.value.withLock({ !$0.isDone && $0.violation == nil }) {
                await Self.watch(api, id, after, state)
                state.value.withLock { $0.resumes += 1 }
                try? await Task.sleep(for: .milliseconds(.random(in: 30...150)))
            }
        }
    }

    /// Creates a follower that a ``BrowserPage`` feeds.
    init(after: Int) {
        self.after = after
        task = nil
    }

    /// The cursor to resume at.
    var cursor: Int { state.value.withLock { $0.events.last?.seq } ?? after }

    /// Adds the next event.
    func add(_ event: TaskEvent) { Self.add(event, after, state) }

    /// Records a violation: the stream has ended early or sent an invalid event.
    func fail(_ violation: String) { Self.fail(violation, state) }

    deinit { task?.cancel() }

    public var events: [TaskEvent] { state.value.withLock { $0.events } }
    public var text: String { state.value.withLock { $0.text } }
    public var resumes: Int { state.value.withLock { $0.resumes } }
    /// The first violation of the contract.
    public var violation: String? { state.value.withLock { $0.violation } }
    /// Whether the terminal event has arrived (or there was a violation).
    public var isDone: Bool { state.value.withLock { $0.isDone || $0.violation != nil } }

    public func close() { task?.cancel() }

    private static func watch(_ api: API, _ id: String, _ after: Int, _ state: Shared) async {
        let cursor = state.value.withLock { $0.events.last?.seq } ?? after
        do {
            let response = try await api.stream(id, after: cursor)
            switch response.status {
            case 200: break
            case 204: return fail("nothing follows seq \(cursor), and no terminal event was received", state)
            case 429, 500...599: return
            default: return fail("the stream was answered with \(response.status)", state)
            }
            var parser = ServerSentEvents()
            for try await chunk in response.body {
                for raw in try parser.push(chunk) { add(try TaskEvent(try JSON(raw.data)), after, state) }
                if state.value.withLock({ $0.isDone || $0.violation != nil }) { return }
            }
        } catch let error as Malformed {
            fail(error.description, state)
        } catch {
            // The connection broke; the next one resumes.
        }
    }

    private static func add(_ event: TaskEvent, _ after: Int, _ state: Shared) {
        state.value.withLock { state in
            let last = state.events.last?.seq ?? after
            if event.seq != last + 1 { state.violation = "seq \(event.seq) came after \(last)" }
            if state.isDone { state.violation = "seq \(event.seq) came after the terminal event" }
            state.events.append(event)
            state.text += event.answer
            state.isDone = event.isTerminal
        }
    }

    private static func fail(_ violation: String, _ state: Shared) {
        state.value.withLock { $0.violation = $0.violation ?? violation }
    }
}
