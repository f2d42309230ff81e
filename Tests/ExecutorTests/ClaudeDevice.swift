import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

/// A whole executor with the real Claude Code in front of a scripted gateway; the model is scripted too.
final class ClaudeDevice: Sendable {
    let device: DeviceUnderTest
    let model: ScriptedModel
    let conversation: ConversationID

    private init(_ device: DeviceUnderTest, _ model: ScriptedModel, _ conversation: ConversationID) {
        self.device = device
        self.model = model
        self.conversation = conversation
    }

    /// - Parameter earlier: the device to continue, with its home, model and conversation.
    static func start(
        after earlier: ClaudeDevice? = nil,
        _ change: @escaping @Sendable (inout ExecutorConfiguration) -> Void = { _ in }
    ) async throws -> ClaudeDevice {
        let model: ScriptedModel
        if let earlier { model = earlier.model } else { model = try await .start() }
        let folder = try earlier?.device.folder ?? TemporaryDirectory()
        let claude = try #require(Binaries.claude)
        let device = try await DeviceUnderTest.start(gateway: earlier?.device.gateway, folder: folder) {
            $0.claude = claude
            $0.environment = model.environment(home: folder.path)
            $0.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
            change(&$0)
        }
        device.ackEverything(on: device.connection)
        return ClaudeDevice(device, model, earlier?.conversation ?? .generate())
    }

    var connection: ScriptedConnection { device.connection }
    /// The conversation's workspace.
    var work: String { device.folder.file("home/workspaces/\(conversation)") }
    func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(work)/\(name)") }

    /// Assigns a turn of the conversation.
    @discardableResult
    func turn(
        _ prompt: String, task: TaskID = .generate(), lease: Double = 0, mode: PermissionMode? = nil,
        follows: TaskID? = nil, history: [HistoryItem]? = nil, leftOut: Int? = nil
    ) throws -> TaskID {
        try connection.send(
            TaskAssign(
                task: task, attempt: 1, epoch: 1, leaseS: lease, conversation: conversation, agent: "claude-code",
                prompt: prompt, permissionMode: mode, follows: follows, history: history, historyLeftOut: leftOut))
        return task
    }

    /// Returns the first `count` permission requests of a task, each once, however often they were sent.
    func asked(_ task: TaskID, count: Int = 1) async throws -> [ApprovalRequest] {
        try await eventually("\(count) permission requests") {
            var found: [ApprovalRequest] = []
            for request in try device.gateway.connections.flatMap({ try $0.all(ApprovalRequest.self) })
            where request.task == task && !found.contains(where: { $0.request == request.request }) {
                found.append(request)
            }
            return found.count >= count ? found : nil
        }
    }

    func answer(
        _ request: ApprovalRequest, _ decision: ApprovalDecision, _ scope: ApprovalScope = .once,
        message: String? = nil, input: JSONValue? = nil, answers: AgentQuestion.Answers? = nil, epoch: UInt64 = 1
    ) throws {
        try connection.send(
            ApprovalAnswer(
                task: request.task, attempt: request.attempt, request: request.request, epoch: epoch,
                decision: decision, scope: scope, message: message, input: input, answers: answers))
    }

    func stopTask(_ task: TaskID) throws {
        try connection.send(TaskStop(task: task, attempt: 1, epoch: 1, graceS: 4, discard: false))
    }

    /// How often `approval.closed` was sent for a request.
    func closed(_ request: ApprovalRequest) throws -> Int {
        try device.gateway.connections.flatMap { try $0.all(ApprovalClosed.self) }
            .count { $0.request == request.request }
    }

    /// The messages of a task's log events.
    func logs(_ task: TaskID) throws -> [String] {
        try device.gateway.connections.flatMap { try device.events(task, on: $0) }.filter { $0.kind == .log }
            .compactMap { try JSONDecoder().decode(JSONValue.self, from: Data($0.payload))["message"]?.string }
    }

    func stop() async {
        await device.stop()
        await model.stop()
    }
}
