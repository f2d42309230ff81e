import Mesh
import Messages
import TestSupport

/// An executor behind a gateway that does what a test scripts, step by step.
struct ScriptedExecutor: Sendable {
    let gateway: ScriptedGateway
    var owner = Sample.owner
    var device = "box"
    var session = SessionNumber.generate()
    var generation: UInt64 = 1
    var slots = 5

    /// Connects, and reports its attempts.
    @discardableResult
    func connect(_ attempts: [AttemptReport] = [], reporting: Bool = true) async throws -> SessionOpened {
        let opened = try await gateway.ask(
            SessionOpen(owner: owner, device: device, generation: generation, session: session, slots: slots))
        if reporting { try report(attempts) }
        return opened
    }

    /// Returns the same executor with a new connection.
    func again() -> ScriptedExecutor {
        var next = self
        next.session = .generate()
        next.generation += 1
        return next
    }

    func disconnect() throws {
        try peer.send(SessionClose(owner: owner, device: device, generation: generation, reason: "closed"))
    }

    func report(_ attempts: [AttemptReport] = [], draining: Bool = false) throws {
        try send(
            DeviceReport(
                used: attempts.count { !$0.ended }, total: slots, draining: draining, attempts: attempts))
    }

    func started(_ task: TaskID, attempt: UInt32 = 1) throws {
        try send(TaskStarted(task: task, attempt: attempt, startedAt: Sample.now))
    }

    func append(_ task: TaskID, attempt: UInt32 = 1, _ numbers: ClosedRange<UInt64>) throws {
        try send(EventsAppend(numbers.map { Sample.event(task, attempt: attempt, $0) }))
    }

    /// Sends many events as an executor does: a part of the window at a time, the next one after the acknowledgement.
    func stream(_ task: TaskID, attempt: UInt32 = 1, _ numbers: ClosedRange<UInt64>) async throws {
        for start in stride(from: numbers.lowerBound, through: numbers.upperBound, by: 500) {
            let end = min(start + 499, numbers.upperBound)
            try append(task, attempt: attempt, start...end)
            try await acknowledged(task, end)
        }
    }

    func finish(_ task: TaskID, attempt: UInt32 = 1, _ seq: UInt64, _ state: TaskState = .completed) throws {
        try send(Sample.finished(task, attempt: attempt, seq, state))
    }

    func send<M: Message>(_ message: M) throws { try peer.send(message, session: session.value) }

    var received: [ScriptedGateway.Incoming] { gateway.received(session) }

    var assigned: [TaskAssign] {
        received.compactMap { if case .assign(let message) = $0 { message } else { nil } }
    }

    var stops: [TaskStop] {
        received.compactMap { if case .stop(let message) = $0 { message } else { nil } }
    }

    var resyncs: [EventsResync] {
        received.compactMap { if case .resync(let message) = $0 { message } else { nil } }
    }

    var refused: [EventsRefused] {
        received.compactMap { if case .refused(let message) = $0 { message } else { nil } }
    }

    var recorded: [ApprovalRecorded] {
        received.compactMap { if case .recorded(let message) = $0 { message } else { nil } }
    }

    var answers: [ApprovalAnswer] {
        received.compactMap { if case .answer(let message) = $0 { message } else { nil } }
    }

    var wrapUps: [TaskWrapUp] {
        received.compactMap { if case .wrapUp(let message) = $0 { message } else { nil } }
    }

    var steers: [TaskSteer] {
        received.compactMap { if case .steer(let message) = $0 { message } else { nil } }
    }

    var sizes: [TerminalSize] {
        received.compactMap { if case .resize(let message) = $0 { message.terminal } else { nil } }
    }

    /// Waits for a person's message.
    func steer(_ id: MessageID) async throws -> TaskSteer {
        try await eventually("the message", within: .seconds(10)) { steers.first { $0.message == id } }
    }

    /// Returns the last acknowledged attempt_seq of a task.
    func acked(_ task: TaskID) -> UInt64 {
        received.compactMap { if case .ack(let ack) = $0, ack.task == task { ack.seq } else { nil } }.max() ?? 0
    }

    /// Waits for the assignment of a task.
    func assignment(_ task: TaskID) async throws -> TaskAssign {
        try await eventually("the assignment", within: .seconds(10)) { assigned.first { $0.task == task } }
    }

    /// Waits until a task is acknowledged up to a number.
    func acknowledged(_ task: TaskID, _ seq: UInt64) async throws {
        try await eventually("the acknowledgement of \(seq)", within: .seconds(10)) { acked(task) >= seq }
    }

    private var peer: Peer {
        get throws {
            guard let peer = gateway.link.peer else { throw Fault(.peerLost, "the gateway is not connected") }
            return peer
        }
    }
}
