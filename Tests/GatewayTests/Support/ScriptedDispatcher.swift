import Logging
import Mesh
import Messages
import Synchronization
import TestSupport

/// A dispatcher under a test's control, on a real socket. It knows the submitted tasks and those that a test adds.
final class ScriptedDispatcher: Sendable {
    struct Relayed: Sendable {
        var header: Header
        var body: [UInt8]
    }
    private struct State {
        var tasks: [TaskID: TaskView] = [:]
        var owners: [TaskID: UserID] = [:]
        var events: [TaskID: [Event]] = [:]
        var submits: [TaskSubmit] = []
        var lists: [TaskList] = []
        var subscribes: [EventsSubscribe] = []
        var outlets: [ItemWriter] = []
        var closedOutlets = 0
        var opens: [SessionOpen] = []
        var sessions: [UInt64: Peer] = [:]
        var closes: [SessionClose] = []
        var relayed: [Relayed] = []
        var faults: [Fault] = []
        /// Sent to a session together with the reply to its `session.open`.
        var greeting: TaskStop?
    }
    private let state = Mutex(State())
    private let listener = Mutex<Listener?>(nil)
    let requests = ScriptedRequests()
    let identity: Identity
    let epoch: UInt64
    let endpoint: String

    static func open(
        _ reactor: Reactor, epoch: UInt64 = 1, at endpoint: String = "tcp://127.0.0.1:0"
    ) async throws -> ScriptedDispatcher {
        let identity = Identity(role: .dispatcher, name: "scripted dispatcher")
        let box = Box()
        let listener = try await Listener(
            endpoint, identity: identity, handlers: handlers(box), reactor: reactor,
            logger: Logger(label: "scripted dispatcher"))
        let dispatcher = ScriptedDispatcher(identity: identity, epoch: epoch, endpoint: listener.endpoint)
        dispatcher.listener.withLock { $0 = listener }
        box.dispatcher.withLock { $0 = dispatcher }
        return dispatcher
    }

    private init(identity: Identity, epoch: UInt64, endpoint: String) {
        self.identity = identity
        self.epoch = epoch
        self.endpoint = endpoint
    }

    /// Its entry in the registry's list: the leader of every partition.
    var entry: ServiceEntry {
        ServiceEntry(
            role: .dispatcher, name: identity.name, incarnation: identity.incarnation, endpoint: endpoint,
            partitions: [PartitionClaim(first: Partition(number: 0), last: Partition(number: 63), epoch: epoch)])
    }

    var submits: [TaskSubmit] { state.withLock { $0.submits } }
    var lists: [TaskList] { state.withLock { $0.lists } }
    var subscribes: [EventsSubscribe] { state.withLock { $0.subscribes } }
    /// The number of subscriptions that the gateway has ended.
    var cancelled: Int { state.withLock { $0.closedOutlets } }
    var opens: [SessionOpen] { state.withLock { $0.opens } }
    var closes: [SessionClose] { state.withLock { $0.closes } }
    var relayed: [Relayed] { state.withLock { $0.relayed } }

    /// Refuses the next requests with these faults, in this order.
    func refuse(_ faults: [Fault]) { state.withLock { $0.faults = faults } }

    /// Adds a task with events.
    func add(_ task: TaskID, owner: UserID, state taskState: TaskState = .running, events: [Event] = []) {
        state.withLock { state in
            state.owners[task] = owner
            state.events[task] = events
            state.tasks[task] = Self.view(task, taskState, prompt: "x", lastSeq: events.last?.seq ?? 0)
        }
    }

    /// Appends an event and sends it to its subscriptions; false = one had no credit.
    @discardableResult
    func emit(_ event: Event) -> Bool {
        let outlets = state.withLock { state in
            state.events[event.task, default: []].append(event)
            state.tasks[event.task]?.lastSeq = event.seq
            return state.outlets
        }
        return outlets.reduce(true) { $1.send(EventBatch([event])) && $0 }
    }

    /// Ends every subscription, with this fault.
    func endSubscriptions(_ fault: Fault?) {
        for outlet in state.withLock({ $0.outlets }) {
            if let fault { outlet.fail(fault) } else { outlet.finish() }
        }
    }

    /// Sends a notice to a session.
    func send(_ message: some Message, session: UInt64) {
        state.withLock { $0.sessions[session] }?.send(message, session: session)
    }

    /// Orders the gateway to close a session.
    func cut(_ session: SessionNumber) {
        let peer = state.withLock { $0.sessions[session.value] }
        peer?.send(SessionCut(session: session, cause: .flooding))
    }

    /// Sends this message to each session together with the reply to its `session.open`.
    func greet(_ message: TaskStop) { state.withLock { $0.greeting = message } }

    func close() async { await listener.withLock { $0 }?.close() }

    static func view(_ task: TaskID, _ state: TaskState, prompt: String, lastSeq: UInt64) -> TaskView {
        TaskView(
            id: task, state: state, target: .defaultDevice, device: "box", deviceName: "Linux - box",
            conversation: .generate(), agent: "shell", prompt: prompt, attempt: 1, lastSeq: lastSeq,
            createdAt: .now())
    }

    private final class Box: Sendable {
        let dispatcher = Mutex<ScriptedDispatcher?>(nil)
        func get() async throws -> ScriptedDispatcher {
            let found: ScriptedDispatcher = try await eventually("the scripted dispatcher", within: .seconds(5)) {
                dispatcher.withLock { $0 }
            }
            let fault = found.state.withLock { $0.faults.isEmpty ? nil : $0.faults.removeFirst() }
            if let fault { throw fault }
            return found
        }
    }

    /// Sends a long log in batches, as credit comes.
    private static func page(_ events: [Event], to outlet: ItemWriter) {
        let rest = Mutex(events[...])
        let pump: @Sendable () -> Void = {
            while outlet.credit > 0 {
                let batch = rest.withLock { rest in
                    defer { rest = rest.dropFirst(2) }
                    return EventBatch(Array(rest.prefix(2)))
                }
                guard !batch.events.isEmpty, outlet.send(batch) else { return }
                if batch.events.last?.flags.contains(.terminal) ?? false { return outlet.finish() }
            }
        }
        outlet.onCredit(pump)
        pump()
    }

    private func view(_ task: TaskID, _ owner: UserID) throws -> TaskView {
        try state.withLock { state in
            guard let view = state.tasks[task], state.owners[task] == owner else {
                throw Fault(.taskNotFound, "no task \(task)")
            }
            return view
        }
    }

    private static func handlers(_ box: Box) -> Handlers {
        var handlers = Handlers()
        handlers.onRequest(TaskSubmit.self) { message, _ in
            try await box.get().state.withLock { state in
                state.submits.append(message)
                var view = Self.view(message.task, .queued, prompt: message.prompt, lastSeq: 1)
                view.target = message.target
                view.choices = message.choices
                state.tasks[message.task] = view
                state.owners[message.task] = message.owner
                return view
            }
        }
        handlers.onRequest(TaskGet.self) { message, _ in try await box.get().view(message.task, message.owner) }
        handlers.onRequest(TaskCancel.self) { message, _ in try await box.get().view(message.task, message.owner) }
        handlers.onRequest(TaskList.self) { message, _ in
            try await box.get().state.withLock { state in
                state.lists.append(message)
                let own = state.tasks.values.filter { state.owners[$0.id] == message.owner }
                return TaskListing(tasks: own.sorted { $0.id > $1.id }, total: own.count)
            }
        }
        handlers.onRequest(EventsPage.self) { message, _ in
            let dispatcher = try await box.get()
            _ = try dispatcher.view(message.task, message.owner)
            let events = dispatcher.state.withLock { $0.events[message.task] ?? [] }
            return EventBatch(Array(events.filter { $0.seq > message.after }.prefix(message.limit)))
        }
        handlers.onSubscribe(EventsSubscribe.self) { message, outlet, _ in
            guard let dispatcher = box.dispatcher.withLock({ $0 }) else { return }
            outlet.onClose {
                dispatcher.state.withLock { state in
                    state.closedOutlets += 1
                    state.outlets.removeAll { $0 === outlet }
                }
            }
            let events = dispatcher.state.withLock { state in
                state.subscribes.append(message)
                state.outlets.append(outlet)
                return state.events[message.task]?.filter { $0.seq > message.after } ?? []
            }
            if events.reduce(0, { $0 + $1.payload.count }) > 1 << 20 { return page(events, to: outlet) }
            if !events.isEmpty { _ = outlet.send(EventBatch(events)) }
            if events.last?.flags.contains(.terminal) ?? false { outlet.finish() }
        }
        handlers.onRequest(SessionOpen.self) { message, context in
            let dispatcher = try await box.get()
            let greeting = dispatcher.state.withLock { state in
                state.opens.append(message)
                state.sessions[message.session.value] = context.peer
                return state.greeting
            }
            if let greeting { context.peer.send(greeting, session: message.session.value) }
            return SessionOpened(epoch: dispatcher.epoch)
        }
        handlers.onNotice(SessionClose.self) { message, _ in
            box.dispatcher.withLock { $0 }?.state.withLock { $0.closes.append(message) }
        }
        ScriptedRequests.add(to: &handlers) { try await box.get().requests }
        handlers.onRelay { header, body, _ in
            box.dispatcher.withLock { $0 }?.state.withLock { $0.relayed.append(Relayed(header: header, body: body)) }
            return true
        }
        return handlers
    }
}
