import Logging
import Mesh
import Messages
import Synchronization
import TestSupport

/// A gateway that does what a test scripts: sends requests of owners and passes messages of executors on.
final class ScriptedGateway: Sendable {
    /// A message to a session.
    enum Incoming: Sendable, Equatable {
        case assign(TaskAssign)
        case stop(TaskStop)
        case ack(AttemptAck)
        case resync(EventsResync)
        case recorded(ApprovalRecorded)
        case answer(ApprovalAnswer)
        case wrapUp(TaskWrapUp)
        case steer(TaskSteer)
        case resize(TaskResize)
        case refused(EventsRefused)
    }

    private let inbox: Inbox
    let link: Link

    final class Inbox: Sendable {
        let sessions = Mutex<[UInt64: [Incoming]]>([:])
        let cuts = Mutex<[SessionCut]>([])
        func add(_ incoming: Incoming, _ context: MessageContext) {
            sessions.withLock { $0[context.session, default: []].append(incoming) }
        }
    }

    init(_ endpoint: String, _ reactor: Reactor) {
        let inbox = Inbox()
        var handlers = Handlers()
        handlers.onNotice(TaskAssign.self) { inbox.add(.assign($0), $1) }
        handlers.onNotice(TaskStop.self) { inbox.add(.stop($0), $1) }
        handlers.onNotice(EventsResync.self) { inbox.add(.resync($0), $1) }
        handlers.onNotice(ApprovalRecorded.self) { inbox.add(.recorded($0), $1) }
        handlers.onNotice(ApprovalAnswer.self) { inbox.add(.answer($0), $1) }
        handlers.onNotice(TaskWrapUp.self) { inbox.add(.wrapUp($0), $1) }
        handlers.onNotice(TaskResize.self) { inbox.add(.resize($0), $1) }
        handlers.onNotice(SessionCut.self) { cut, _ in inbox.cuts.withLock { $0.append(cut) } }
        handlers.onNotice(TaskSteer.self) { inbox.add(.steer($0), $1) }
        handlers.onNotice(EventsRefused.self) { inbox.add(.refused($0), $1) }
        handlers.onNotice(EventsAck.self) { message, context in
            for ack in message.acks { inbox.add(.ack(ack), context) }
        }
        self.inbox = inbox
        link = Link(
            endpoint, identity: Identity(role: .gateway, name: "scripted"), handlers: handlers, reactor: reactor,
            logger: Logger(label: "gateway"))
    }

    /// Returns all messages to a session, oldest first.
    func received(_ session: SessionNumber) -> [Incoming] { inbox.sessions.withLock { $0[session.value] ?? [] } }

    /// The sessions that the dispatcher has cut, oldest first.
    var cuts: [SessionCut] { inbox.cuts.withLock { $0 } }

    func ask<R: Request>(_ request: R) async throws -> R.Reply { try await link.request(request) }

    /// Submits a task.
    func submit(
        _ prompt: String = "echo", owner: UserID = Sample.owner, target: Target = .device("box"), task: TaskID? = nil,
        conversation: ConversationID? = nil, key: String? = nil, digest: String? = nil, choices: Choices? = nil
    ) async throws -> TaskView {
        try await ask(
            TaskSubmit(
                task: task ?? .generate(), owner: owner, prompt: prompt, target: target, agent: "shell",
                conversation: conversation, idempotencyKey: key, digest: digest, choices: choices))
    }

    func view(_ task: TaskID, owner: UserID = Sample.owner) async throws -> TaskView {
        try await ask(TaskGet(owner: owner, task: task))
    }

    /// Waits until a task is in a state.
    func wait(_ task: TaskID, for state: TaskState) async throws -> TaskView {
        try await eventually("task to be \(state)", within: .seconds(10)) {
            let view = try await self.view(task)
            return view.state == state ? view : nil
        }
    }

    /// Returns all events of a task.
    func log(_ task: TaskID, owner: UserID = Sample.owner) async throws -> [Event] {
        try await ask(EventsPage(owner: owner, task: task, after: 0, limit: 10_000)).events
    }
}
