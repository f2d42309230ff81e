import Curl
import Foundation
import Synchronization
import TestClient

/// Somebody who watches a task and never gives up: every broken stream is resumed at its cursor. Whatever breaks the
/// contract of a stream ends it with a sentence.
public final class Follower: Sendable {
    private struct State {
        var events: [TaskEvent] = []
        var text = ""
        var resumes = 0
        var broken: String?
        var isDone = false
    }

    private final class Shared: Sendable { let value = Mutex(State()) }

    private let state = Shared()
    private let task: Task<Void, Never>?
    /// The cursor that it began at.
    public let after: Int

    /// Watches over server-sent events.
    public init(_ api: API, task id: String, after: Int = 0) {
        self.after = after
        task = Task { [state] in
            while !Task.isCancelled, state.value.withLock({ !$0.isDone && $0.broken == nil }) {
                await Self.watch(api, id, after, state)
                state.value.withLock { $0.resumes += 1 }
                try? await Task.sleep(for: .milliseconds(.random(in: 30...150)))
            }
        }
    }

    /// Is told by somebody else, a ``Page``.
    init(after: Int) {
        self.after = after
        task = nil
    }

    /// The cursor to go on from.
    var cursor: Int { state.value.withLock { $0.events.last?.seq } ?? after }

    /// Takes the next event.
    func take(_ event: TaskEvent) { Self.take(event, after, state) }

    /// The stream has ended, or has said something that it must not say.
    func fail(_ sentence: String) { Self.fail(sentence, state) }

    deinit { task?.cancel() }

    public var events: [TaskEvent] { state.value.withLock { $0.events } }
    public var text: String { state.value.withLock { $0.text } }
    public var resumes: Int { state.value.withLock { $0.resumes } }
    /// What broke the contract.
    public var broken: String? { state.value.withLock { $0.broken } }
    /// Whether the terminal event is here (or the contract was broken).
    public var isDone: Bool { state.value.withLock { $0.isDone || $0.broken != nil } }

    public func close() { task?.cancel() }

    private static func watch(_ api: API, _ id: String, _ after: Int, _ state: Shared) async {
        let cursor = state.value.withLock { $0.events.last?.seq } ?? after
        do {
            let response = try await api.stream(id, after: cursor)
            switch response.status {
            case 200: break
            case 204: return fail("nothing follows seq \(cursor), and no terminal event was seen", state)
            case 429, 500...599: return
            default: return fail("the stream was answered with \(response.status)", state)
            }
            var parser = ServerSentEvents()
            for try await chunk in response.body {
                for raw in try parser.push(chunk) { take(try TaskEvent(try JSON(raw.data)), after, state) }
                if state.value.withLock({ $0.isDone || $0.broken != nil }) { return }
            }
        } catch let error as Malformed {
            fail(error.description, state)
        } catch {
            // A broken connection: the next one resumes.
        }
    }

    private static func take(_ event: TaskEvent, _ after: Int, _ state: Shared) {
        state.value.withLock { state in
            let last = state.events.last?.seq ?? after
            if event.seq != last + 1 { state.broken = "seq \(event.seq) came after \(last)" }
            if state.isDone { state.broken = "seq \(event.seq) came after the terminal event" }
            state.events.append(event)
            state.text += event.text
            state.isDone = event.isTerminal
        }
    }

    private static func fail(_ sentence: String, _ state: Shared) {
        state.value.withLock { $0.broken = $0.broken ?? sentence }
    }
}
