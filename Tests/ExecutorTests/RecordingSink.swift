import Foundation
import Messages
import Synchronization
import Testing

@testable import Executor

/// Keeps what an agent says, for a test to look at, and answers what it asks.
final class RecordingSink: TurnSink {
    private let state = Mutex<[AgentEvent]>([])
    private let wishes = Mutex<(asked: [PermissionWish], withdrawn: [String])>(([], []))
    private let verdict: @Sendable (PermissionWish) -> PermissionVerdict?

    /// - Parameter verdict: what it answers; nil = nothing, ever.
    init(verdict: @escaping @Sendable (PermissionWish) -> PermissionVerdict? = { _ in .deny("no") }) {
        self.verdict = verdict
    }

    func ask(_ wish: PermissionWish, reply: @escaping Approvals.Reply) async {
        wishes.withLock { $0.asked.append(wish) }
        if let verdict = verdict(wish) { await reply(verdict) }
    }

    func withdraw(_ request: String) async { wishes.withLock { $0.withdrawn.append(request) } }

    var asked: [PermissionWish] { wishes.withLock { $0.asked } }
    var withdrawn: [String] { wishes.withLock { $0.withdrawn } }

    func emit(_ events: [AgentEvent]) async { state.withLock { $0 += events } }

    var events: [AgentEvent] { state.withLock { $0 } }

    /// The payloads of a kind.
    func all(_ kind: EventKind) -> [JSONValue] {
        events.filter { $0.kind == kind }
            .compactMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.payload)) }
    }

    /// The text of the agent's answer, put together.
    var text: String { all(.agentMessageChunk).compactMap { $0["content"]?["text"]?.string }.joined() }

    /// The bytes of one of a command's outputs, put together.
    func bytes(stderr: Bool = false) -> [UInt8] {
        all(.agentMessageChunk).filter { ($0["_meta"]?["stream"]?.string == "stderr") == stderr }.flatMap {
            chunk -> [UInt8] in
            let content = chunk["content"]
            if let data = content?["data"]?.string { return [UInt8](Data(base64Encoded: data) ?? Data()) }
            return Array((content?["text"]?.string ?? "").utf8)
        }
    }
}

/// A turn for tests.
func makeTurn(_ prompt: String, in directory: String, conversation: ConversationID = .generate()) -> Turn {
    Turn(
        attempt: AttemptID(task: .generate(), attempt: 1), conversation: conversation, prompt: prompt,
        directory: directory)
}
