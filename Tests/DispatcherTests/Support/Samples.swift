import Messages

@testable import Dispatcher

/// Values that many tests need.
enum Sample {
    static let owner = UserID.generate()
    /// The first epoch of a dispatcher with a ``ManualClock``.
    static let epoch: UInt64 = 1_780_000_000
    static let now = Timestamp(milliseconds: 1_780_000_000_000)

    static func record(
        ordinal: Int64 = 1, owner: UserID = owner, device: String? = "box", choices: Choices = choices,
        conversation: ConversationID? = nil
    ) -> TaskRecord {
        TaskRecord(
            ordinal: ordinal, id: .generate(), owner: owner, target: device.map(Target.device) ?? .cloud,
            placement: TaskPlacement(queue: QueueID(owner: owner, device: device), reason: .requested),
            conversation: conversation ?? .generate(), agent: "shell", excerpt: "echo", cwd: nil, terminal: nil,
            splitOutput: false,
            trace: nil,
            createdAt: now, choices: choices, retryOf: nil, rank: now.milliseconds, queuedAt: now)
    }

    /// The choices in force when none was made, with the grace of the tests.
    static let choices = Choices(graceS: 30).filled(from: .standard)

    static func device(
        _ id: String, owner: UserID = owner, status: DeviceStatus = .online, star: Bool = false
    ) -> Device {
        Device(
            owner: owner, id: id, name: "Linux - \(id)", status: status, isDefault: star,
            slots: Slots(used: 0, total: 5), lastSeenAt: now)
    }

    static func snapshot(_ devices: [Device], more: Bool = false) -> DeviceChanges {
        DeviceChanges(incarnation: .generate(), revision: 1, snapshot: true, more: more, devices: devices)
    }

    static func text(_ text: String) -> [UInt8] {
        TextPayload(.text(text)).bytes
    }

    static func event(_ task: TaskID, attempt: UInt32 = 1, _ attemptSeq: UInt64, seq: UInt64 = 0) -> Event {
        Event(
            task: task, attempt: attempt, attemptSeq: attemptSeq, seq: seq, kind: .agentMessageChunk, time: now,
            payload: text("part \(attemptSeq)"))
    }

    static func finished(
        _ task: TaskID, attempt: UInt32 = 1, _ attemptSeq: UInt64, _ state: TaskState = .completed,
        error: Fault? = nil
    ) -> TaskFinished {
        TaskFinished(
            task: task, attempt: attempt, attemptSeq: attemptSeq, state: state, error: error, exitCode: 0, endedAt: now)
    }
}

extension Event {
    var json: String { String(decoding: payload, as: UTF8.self) }
}

extension Sample {
    /// A permission request of an executor.
    static func asks(
        _ task: TaskID, attempt: UInt32 = 1, _ request: String = "r1", after: UInt64 = 0
    ) -> ApprovalRequest {
        ApprovalRequest(
            task: task, attempt: attempt, request: request, after: after, tool: "Bash", title: "Run npm test",
            input: ["command": "npm test"], rule: "Bash(npm test:*)", requestedAt: now)
    }

    static func approval(_ request: String = "r1", of task: TaskID = .generate()) -> ApprovalRecord {
        ApprovalRecord(
            id: .generate(), owner: owner, attempt: AttemptID(task: task, attempt: 1), request: request,
            conversation: .generate(), device: "box", deviceName: "Linux - box", tool: "Bash", title: "Run npm test",
            input: ["command": "npm test"], rule: nil, requestedAt: now, expiresAt: now.adding(seconds: 600))
    }

    static func decide(
        _ approval: ApprovalRecord, _ decision: ApprovalDecision = .allow, message: String? = nil,
        by: String = "alice (laptop)"
    ) -> ApprovalDecide {
        ApprovalDecide(
            owner: approval.owner, task: approval.attempt.task, approval: approval.id, answer: .generate(),
            decision: decision, scope: .conversation, message: message, by: by)
    }
}
