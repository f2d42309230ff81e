import Mesh
import Messages
import Synchronization

/// The part of a scripted dispatcher for approvals, retries, conversations and defaults: records the requests and answers
/// them from what a test sets.
final class ScriptedRequests: Sendable {
    struct State: Sendable {
        var approvalLists: [ApprovalList] = []
        var approvals: [ApprovalView] = []
        var decisions: [ApprovalDecide] = []
        var retries: [TaskRetry] = []
        var messages: [TaskMessage] = []
        var sizes: [TaskTerminal] = []
        var conversationLists: [ConversationList] = []
        var conversations: [ConversationView] = []
        var renames: [ConversationRename] = []
        var deletions: [ConversationDelete] = []
        var defaults: [DefaultsSet] = []
        var chosen = Choices()
    }
    private let state = Mutex(State())

    /// The recorded requests and the set answers.
    var now: State { state.withLock { $0 } }

    func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }

    /// A pending approval.
    static func approval(_ id: ApprovalID = .generate(), task: TaskID = .generate()) -> ApprovalView {
        ApprovalView(
            id: id, task: task, attempt: 1, conversation: .generate(), device: "box", deviceName: "Linux - box",
            tool: "Bash", title: "npm test", input: ["command": "npm test"], state: .pending, requestedAt: .now(),
            expiresAt: .now().adding(seconds: 600))
    }

    static func conversation(_ id: ConversationID = .generate()) -> ConversationView {
        ConversationView(id: id, title: "say hello", createdAt: .now(), updatedAt: .now(), tasks: 1)
    }

    static func add(to handlers: inout Handlers, _ requests: @escaping @Sendable () async throws -> ScriptedRequests) {
        handlers.onRequest(ApprovalList.self) { message, _ in
            try await requests().state.withLock { state in
                state.approvalLists.append(message)
                return ApprovalListing(approvals: state.approvals, total: state.approvals.count)
            }
        }
        handlers.onRequest(ApprovalDecide.self) { message, _ in
            try await requests().state.withLock { state in
                state.decisions.append(message)
                guard var view = state.approvals.first(where: { $0.id == message.approval }) else {
                    throw Fault(.approvalNotFound, "no approval")
                }
                view.state = message.decision == .allow ? .allowed : .denied
                (view.scope, view.message, view.resolvedBy) = (message.scope, message.message, message.by)
                return view
            }
        }
        handlers.onRequest(TaskRetry.self) { message, _ in
            try await requests().state.withLock { state in
                state.retries.append(message)
                var view = ScriptedDispatcher.view(message.task, .queued, prompt: "again", lastSeq: 1)
                view.retryOf = message.of
                return view
            }
        }
        handlers.onRequest(TaskMessage.self) { message, _ in
            try await requests().state.withLock { $0.messages.append(message) }
            return Done()
        }
        handlers.onRequest(TaskTerminal.self) { message, _ in
            try await requests().state.withLock { $0.sizes.append(message) }
            return Done()
        }
        addConversations(to: &handlers, requests)
        handlers.onRequest(DefaultsGet.self) { _, _ in try await requests().state.withLock { Self.view($0) } }
        handlers.onRequest(DefaultsSet.self) { message, _ in
            try await requests().state.withLock { state in
                state.defaults.append(message)
                state.chosen = message.set.filled(from: state.chosen.without(message.clear))
                return Self.view(state)
            }
        }
    }

    private static func addConversations(
        to handlers: inout Handlers, _ requests: @escaping @Sendable () async throws -> ScriptedRequests
    ) {
        handlers.onRequest(ConversationList.self) { message, _ in
            try await requests().state.withLock { state in
                state.conversationLists.append(message)
                return ConversationListing(
                    conversations: state.conversations, next: "there", total: state.conversations.count)
            }
        }
        handlers.onRequest(ConversationGet.self) { message, _ in try await requests().find(message.conversation) }
        handlers.onRequest(ConversationRename.self) { message, _ in
            var view = try await requests().find(message.conversation)
            try await requests().state.withLock { $0.renames.append(message) }
            view.title = message.title ?? view.title
            return view
        }
        handlers.onRequest(ConversationDelete.self) { message, _ in
            _ = try await requests().find(message.conversation)
            try await requests().state.withLock { $0.deletions.append(message) }
            return Done()
        }
    }

    private func find(_ id: ConversationID) throws -> ConversationView {
        guard let view = state.withLock({ $0.conversations.first { $0.id == id } }) else {
            throw Fault(.conversationNotFound, "no conversation")
        }
        return view
    }

    private static func view(_ state: State) -> DefaultsView {
        DefaultsView(chosen: state.chosen, effective: state.chosen.filled(from: .standard))
    }
}
