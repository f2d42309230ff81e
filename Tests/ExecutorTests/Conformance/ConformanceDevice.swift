import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// A whole executor with one agent, seen from its gateway. Every turn that has ended is checked for what holds for each.
final class ConformanceDevice: Sendable {
    let agent: AgentUnderTest
    let stage: any AgentStage
    let device: DeviceUnderTest

    private init(_ agent: AgentUnderTest, _ stage: any AgentStage, _ device: DeviceUnderTest) {
        self.agent = agent
        self.stage = stage
        self.device = device
    }

    /// - Parameter earlier: The device that was stopped and is started again, with its home and what stands behind the agent.
    static func start(
        _ agent: AgentUnderTest, after earlier: ConformanceDevice? = nil,
        _ change: @escaping @Sendable (inout ExecutorConfiguration) -> Void = { _ in }
    ) async throws -> ConformanceDevice {
        let stage: any AgentStage
        if let earlier { stage = earlier.stage } else { stage = try await agent.makeStage() }
        let folder = try earlier?.folder ?? TemporaryDirectory()
        let device = try await DeviceUnderTest.start(gateway: earlier?.device.gateway, folder: folder) {
            $0.allowShell = false
            stage.configure(&$0, in: folder)
            change(&$0)
        }
        device.ackEverything(on: device.connection)
        return ConformanceDevice(agent, stage, device)
    }

    var folder: TemporaryDirectory { device.folder }
    func file(_ name: String) -> String { folder.file(name) }
    func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Stops the executor, and what stands behind the agent.
    func stop() async {
        await device.stop()
        await stage.stop()
    }

    // MARK: Turns

    /// A turn that was assigned.
    struct AssignedTurn: Sendable {
        var task: TaskID
        var conversation: ConversationID
        var marker: String
        var message: TaskAssign
        /// What a dispatcher would give an agent that lacks the turn before.
        var history: [HistoryItem]
    }

    /// Assigns a turn.
    /// - Parameter mode: nil = one in which the agent asks nothing.
    func assign(
        _ wish: Wish, after earlier: AssignedTurn? = nil, mode: PermissionMode? = nil, background: Background? = nil
    ) throws -> AssignedTurn {
        let task = TaskID.generate()
        let conversation = earlier?.conversation ?? .generate()
        let marker = "turn-\(task.description.suffix(12))"
        let message = TaskAssign(
            task: task, attempt: 1, epoch: 1, leaseS: 0, conversation: conversation, agent: agent.name,
            prompt: stage.prompt(for: wish, marker: marker), permissionMode: mode ?? stage.free,
            background: background, follows: earlier?.task)
        try device.connection.send(message)
        return AssignedTurn(
            task: task, conversation: conversation, marker: marker, message: message,
            history: try earlier.map {
                [HistoryItem(task: $0.task, prompt: "the turn before", answer: try text($0), state: .completed)]
            } ?? [])
    }

    /// Returns the verdict of a turn, once it has arrived. An agent that lacks the turns before it gets them, as from a
    /// dispatcher.
    private func verdict(_ turn: AssignedTurn, within limit: Duration) async throws -> TaskFinished {
        var isGiven = turn.history.isEmpty
        while true {
            let wanted: TaskFinished? = try await eventually("the verdict", within: limit) {
                let connections = device.gateway.connections
                let ends = try connections.flatMap { try $0.all(TaskFinished.self) }
                if let end = ends.first(where: { $0.task == turn.task }) { return .some(end) }
                let isWanted =
                    try !isGiven
                    && connections.contains {
                        try $0.all(HistoryWanted.self).contains { $0.task == turn.task }
                    }
                return isWanted ? .some(nil) : nil
            }
            if let wanted { return wanted }
            isGiven = true
            var again = turn.message
            again.history = turn.history
            try device.connection.send(again)
        }
    }

    /// Waits for the end of a turn and checks what holds for every one.
    @discardableResult
    func end(
        of turn: AssignedTurn, within limit: Duration = .seconds(60), _ location: SourceLocation = #_sourceLocation
    ) async throws -> TaskFinished {
        let verdict = try await verdict(turn, within: limit)
        let events = try events(turn)
        #expect(
            events.map(\.attemptSeq) == Array(1..<verdict.attemptSeq), "events without gaps, then the end",
            sourceLocation: location)
        let ends = try device.gateway.connections.flatMap { try $0.all(TaskFinished.self) }
            .filter { $0.task == turn.task }
        #expect(Set(ends.map(\.state)).count == 1, "one end", sourceLocation: location)
        #expect(
            (verdict.error == nil) == (verdict.state != .failed), "a reason where it failed", sourceLocation: location)
        // The dispatcher closes what an agent that was lost has left open.
        let isOpen = try !openCalls(turn).isEmpty
        #expect(!isOpen || verdict.state == .failed, "no tool call is left open", sourceLocation: location)
        try await eventually("the slot is free") {
            let attempts = try self.device.connection.all(DeviceReport.self).last?.attempts ?? []
            return !attempts.contains { $0.task == turn.task && !$0.ended }
        }
        return verdict
    }

    /// The events of a turn, each once.
    func events(_ turn: AssignedTurn) throws -> [Event] {
        var seen: Set<UInt64> = []
        return try device.gateway.connections.flatMap { try device.events(turn.task, on: $0) }
            .filter { seen.insert($0.attemptSeq).inserted }
    }

    /// The payloads of a kind.
    func payloads(_ turn: AssignedTurn, _ kind: EventKind) throws -> [JSONValue] {
        try events(turn).filter { $0.kind == kind }.map {
            try JSONDecoder().decode(JSONValue.self, from: Data($0.payload))
        }
    }

    /// What the agent has said so far.
    func text(_ turn: AssignedTurn) throws -> String {
        try payloads(turn, .agentMessageChunk).compactMap { $0["content"]?["text"]?.string }.joined()
    }

    /// The ids of tool calls without an end.
    private func openCalls(_ turn: AssignedTurn) throws -> Set<String> {
        let called = try payloads(turn, .toolCall).compactMap { $0["toolCallId"]?.string }
        let ended = try payloads(turn, .toolCallUpdate)
            .filter { ["completed", "failed"].contains($0["status"]?.string) }.compactMap { $0["toolCallId"]?.string }
        return Set(called).subtracting(ended)
    }

    func cancel(_ turn: AssignedTurn, grace: Double = 4) throws {
        try device.connection.send(TaskStop(task: turn.task, attempt: 1, epoch: 1, graceS: grace, discard: false))
    }

    /// A turn's permission request, once it has arrived.
    func request(of turn: AssignedTurn) async throws -> ApprovalRequest {
        try await eventually("the permission request") {
            try device.connection.all(ApprovalRequest.self).first { $0.task == turn.task }
        }
    }

    func answer(_ request: ApprovalRequest, _ decision: ApprovalDecision, message: String? = nil) throws {
        try device.connection.send(
            ApprovalAnswer(
                task: request.task, attempt: 1, request: request.request, epoch: 1, decision: decision, scope: .once,
                message: message))
    }

    // MARK: Processes

    /// A command that writes its process id to a file, then runs for long.
    func longCommand(_ name: String) -> String { "echo $$ > '\(file(name))'; exec sleep 600" }

    /// The process id in a file, once it is there.
    func pid(_ name: String) async throws -> Int32 {
        try await eventually("the process id in \(name)") {
            let text = try String(contentsOfFile: file(name), encoding: .utf8)
            return text.hasSuffix("\n") ? Int32(text.dropLast()) : nil
        }
    }

    /// Waits until a process has ended.
    func isGone(_ pid: Int32) async throws {
        try await eventually("the end of process \(pid)", within: .seconds(10)) {
            kill(pid, 0) != 0 || Self.isZombie(pid)
        }
    }

    private static func isZombie(_ pid: Int32) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        return status?.contains("\nState:\tZ") == true
    }
}
