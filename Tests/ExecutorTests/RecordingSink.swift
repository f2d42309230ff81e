import Foundation
import Messages
import Synchronization
import Testing

@testable import Executor

/// Records an agent's events for a test, and answers its permission requests.
final class RecordingSink: TurnSink {
    private let state = Mutex<[AgentEvent]>([])
    private let requests = Mutex<(asked: [PermissionRequest], withdrawn: [String])>(([], []))
    private let replies = Mutex<[String: OpenRequests.Reply]>([:])
    private let decision: @Sendable (PermissionRequest) -> PermissionDecision?

    /// - Parameter decision: the answer to a request; nil = no answer, ever.
    init(decision: @escaping @Sendable (PermissionRequest) -> PermissionDecision? = { _ in .deny("no") }) {
        self.decision = decision
    }

    func ask(_ request: PermissionRequest, reply: @escaping OpenRequests.Reply) async {
        replies.withLock { $0[request.request] = reply }
        requests.withLock { $0.asked.append(request) }
        if let decision = decision(request) { await reply(decision) }
    }

    /// Answers a request that has no answer yet.
    func reply(to request: PermissionRequest, _ decision: PermissionDecision) async {
        await replies.withLock { $0[request.request] }?(decision)
    }

    func withdraw(_ request: String) async { requests.withLock { $0.withdrawn.append(request) } }

    var asked: [PermissionRequest] { requests.withLock { $0.asked } }
    var withdrawn: [String] { requests.withLock { $0.withdrawn } }

    func emit(_ events: [AgentEvent]) async { state.withLock { $0 += events } }

    var events: [AgentEvent] { state.withLock { $0 } }

    /// The payloads of a kind.
    func all(_ kind: EventKind) -> [JSONValue] {
        events.filter { $0.kind == kind }
            .compactMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.payload)) }
    }

    /// The text of the agent's answer, joined.
    var text: String { all(.agentMessageChunk).compactMap { $0["content"]?["text"]?.string }.joined() }

    /// The bytes of one of a command's outputs, joined.
    func bytes(stderr: Bool = false) -> [UInt8] {
        all(.agentMessageChunk).filter { ($0["_meta"]?["stream"]?.string == "stderr") == stderr }.flatMap {
            chunk -> [UInt8] in
            let content = chunk["content"]
            if let data = content?["data"]?.string { return [UInt8](Data(base64Encoded: data) ?? Data()) }
            return Array((content?["text"]?.string ?? "").utf8)
        }
    }
}

/// Makes a turn for tests.
func makeTurn(_ prompt: String, in directory: String, conversation: ConversationID = .generate()) -> Turn {
    Turn(
        attempt: AttemptID(task: .generate(), attempt: 1), conversation: conversation, prompt: prompt,
        directory: directory)
}
