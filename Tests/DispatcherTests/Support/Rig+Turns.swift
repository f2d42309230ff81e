import Messages
import TestSupport

@testable import Dispatcher

extension Rig {
    /// Runs a task of a conversation to its end.
    /// - Parameter answers: The agent's answer, one event per part.
    @discardableResult
    func turn(
        _ prompt: String, _ answers: [String] = [], on executor: ScriptedExecutor, conversation: ConversationID? = nil,
        state: TaskState = .completed
    ) async throws -> TaskView {
        let task = try await gateway.submit(
            prompt, owner: executor.owner, target: .device(executor.device), conversation: conversation)
        _ = try await executor.assignment(task.id)
        try executor.started(task.id)
        for (index, answer) in answers.enumerated() {
            var event = Sample.event(task.id, UInt64(index + 1))
            event.payload = Sample.text(answer)
            try executor.send(EventsAppend([event]))
        }
        try executor.finish(task.id, UInt64(answers.count + 1), state)
        return try await eventually("the end of a turn", within: .seconds(10)) {
            let view = try await self.gateway.view(task.id, owner: executor.owner)
            return view.state == state ? view : nil
        }
    }
}

/// Returns the code of the fault that `body` throws.
func code(_ body: () async throws -> Void) async -> ErrorCode? { await fault(body)?.code }

/// Why the store refused `body`.
func refusal(_ body: () async throws -> Void) async -> TaskStoreError.Kind? {
    do {
        try await body()
        return nil
    } catch { return (error as? TaskStoreError)?.kind }
}

/// Returns the fault that `body` throws.
func fault(_ body: () async throws -> Void) async -> Fault? {
    do {
        try await body()
        return nil
    } catch { return error as? Fault }
}
