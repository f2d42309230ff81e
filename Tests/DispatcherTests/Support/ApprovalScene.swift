import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

/// A running task with an agent that may request permissions.
struct ApprovalScene: Sendable {
    let rig: Rig
    var executor: ScriptedExecutor
    let task: TaskID

    init(_ rig: Rig, events: UInt64 = 2, choices: Choices? = nil) async throws {
        self.rig = rig
        executor = ScriptedExecutor(gateway: rig.gateway)
        try await executor.connect()
        task = try await rig.gateway.submit(choices: choices).id
        _ = try await executor.assignment(task)
        try executor.started(task)
        if events > 0 {
            try executor.append(task, 1...events)
            try await executor.acknowledged(task, events)
        }
    }

    func list(_ states: [ApprovalState] = []) async throws -> [ApprovalView] {
        try await rig.gateway.ask(ApprovalList(owner: Sample.owner, limit: 50, states: states)).approvals
    }

    /// Sends a request and waits until it is on disk.
    func ask(_ request: String = "r1", after: UInt64 = 2) async throws -> ApprovalView {
        try executor.send(Sample.asks(task, request, after: after))
        try await eventually("the request to be recorded") { executor.recorded.contains { $0.request == request } }
        return try #require(try await list([.pending]).first { $0.task == task })
    }

    func decide(
        _ approval: ApprovalView, _ decision: ApprovalDecision = .allow, answer: AnswerID = .generate(),
        scope: ApprovalScope = .once, message: String? = nil, by: String = "alice", owner: UserID = Sample.owner
    ) async throws -> ApprovalView {
        try await rig.gateway.ask(
            ApprovalDecide(
                owner: owner, task: approval.task, approval: approval.id, answer: answer, decision: decision,
                scope: scope, message: message, by: by))
    }

    func answered(_ request: String = "r1") async throws -> ApprovalAnswer {
        try await eventually("the answer") { executor.answers.last { $0.request == request } }
    }

    func close(_ request: String = "r1") throws {
        try executor.send(ApprovalClosed(task: task, attempt: 1, request: request))
    }

    /// Waits until the store knows that an answer was delivered.
    func delivered(_ id: ApprovalID) async throws {
        try await eventually("the delivery to be on disk") {
            try await rig.column("SELECT delivered FROM approvals WHERE id = ?", id) == 1
        }
    }

    func kinds() async throws -> [EventKind] { try await rig.gateway.log(task).map(\.kind) }

    /// Returns the fault that `body` throws; nil when it throws none.
    static func fault(_ body: () async throws -> Void) async -> Fault? {
        do {
            try await body()
            return nil
        } catch { return error as? Fault }
    }
}
