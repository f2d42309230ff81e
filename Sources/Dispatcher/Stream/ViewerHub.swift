import Logging
import Mesh
import Messages

/// Sends viewers the events of tasks: from the log, then live, with no gap and no duplicate between the two. For each
/// viewer it keeps only a cursor; a slow one reads the log.
///
/// Runs on the reactor: mesh callbacks and the service call it without a hop.
actor ViewerHub {
    private nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let store: any TaskStore
    private let clock: DispatcherClock
    private let logger: Logger
    private var streams: [TaskID: TaskStream] = [:]
    private var lastViewer = 0
    /// The number of viewers per owner.
    private var counts: [UserID: Int] = [:]
    private var keepAliveAt: Int64

    init(store: any TaskStore, clock: DispatcherClock, reactor: Reactor, logger: Logger) {
        self.store = store
        self.clock = clock
        self.reactor = reactor
        self.logger = logger
        keepAliveAt = clock.monotonic() + DispatcherLimits.keepaliveMs
    }

    /// Whether a task has viewers.
    func isWatched(_ task: TaskID) -> Bool { streams[task] != nil }

    /// Adds a viewer, or refuses it on its outlet.
    /// - Parameter extent: How far the task reaches now; nil = unknown, unless the task is watched already.
    /// - Returns: false when `extent` is needed.
    func add(_ message: EventsSubscribe, _ outlet: ItemWriter, _ extent: StreamExtent?) -> Bool {
        guard counts[message.owner, default: 0] < DispatcherLimits.viewersPerOwner else {
            outlet.fail(
                Fault(
                    .rateLimited,
                    "\(DispatcherLimits.viewersPerOwner) streams of tasks are open already; end some first"))
            return true
        }
        guard var stream = streams[message.task] ?? extent.map({ TaskStream($0) }) else { return false }
        let known = StreamExtent(lastSeq: stream.lastSeq, isEnded: stream.isEnded)
        if let fault = known.refusal(of: message.after, message.task) {
            outlet.fail(fault)
            return true
        }
        lastViewer += 1
        counts[message.owner, default: 0] += 1
        stream.viewers[lastViewer] = Viewer(
            owner: message.owner, outlet: outlet, cursor: message.after, sentAt: clock.monotonic())
        streams[message.task] = stream
        connect(lastViewer, task: message.task, outlet: outlet)
        pump(lastViewer, task: message.task)
        return true
    }

    private func connect(_ viewer: Int, task: TaskID, outlet: ItemWriter) {
        outlet.onCredit { [weak self] in self?.assumeIsolated { $0.pump(viewer, task: task) } }
        outlet.onClose { [weak self] in self?.assumeIsolated { $0.remove(viewer, task: task) } }
    }

    /// Sends committed events to the viewers of their tasks.
    func publish(_ events: [Event]) {
        guard !streams.isEmpty else { return }
        var watched: Set<TaskID> = []
        for event in events where streams[event.task] != nil {
            streams[event.task]?.append(event)
            watched.insert(event.task)
        }
        for task in watched {
            for viewer in streams[task]?.viewers.keys.sorted() ?? [] { pump(viewer, task: task) }
        }
    }

    /// Sends a viewer what there is for it, as far as its credit goes.
    private func pump(_ number: Int, task: TaskID) {
        while let stream = streams[task], var viewer = stream.viewers[number], !viewer.isReading {
            if viewer.outlet.isClosed { return remove(number, task: task) }
            switch stream.next(after: viewer.cursor) {
            case .wait: return
            case .finish:
                remove(number, task: task)
                return viewer.outlet.finish()
            case .read:
                guard viewer.outlet.credit > 0 else { return }
                streams[task]?.viewers[number]?.isReading = true
                let cursor = viewer.cursor
                Task(executorPreference: reactor) { await self.read(number, task: task, after: cursor) }
                return
            case .send(let events):
                guard send(events, to: &viewer) else { return }
                streams[task]?.viewers[number] = viewer
            }
        }
    }

    private func send(_ events: [Event], to viewer: inout Viewer) -> Bool {
        guard let last = events.last, viewer.outlet.credit > 0, viewer.outlet.send(EventBatch(events)) else {
            return false
        }
        viewer.cursor = last.seq
        viewer.sentAt = clock.monotonic()
        return true
    }

    private func read(_ number: Int, task: TaskID, after: UInt64) async {
        do {
            let events = try await store.events(
                task, after: after, limit: DispatcherLimits.readEvents, bytes: EventBatch.preferredSize)
            guard var viewer = streams[task]?.viewers[number] else { return }
            // The task was deleted after the viewer was added.
            guard events.first?.seq == after + 1 else {
                remove(number, task: task)
                return viewer.outlet.fail(.noTask(task))
            }
            viewer.isReading = false
            // Without credit, which only a broken peer takes back, the page is read again later.
            _ = send(events, to: &viewer)
            streams[task]?.viewers[number] = viewer
            pump(number, task: task)
        } catch {
            guard let viewer = streams[task]?.viewers[number] else { return }
            remove(number, task: task)
            viewer.outlet.fail(.unreadable(error, logger))
        }
    }

    private func remove(_ number: Int, task: TaskID) {
        guard let viewer = streams[task]?.viewers.removeValue(forKey: number) else { return }
        let left = counts[viewer.owner, default: 1] - 1
        counts[viewer.owner] = left > 0 ? left : nil
        if streams[task]?.viewers.isEmpty == true { streams[task] = nil }
    }

    /// Ends every stream.
    func fail(_ fault: Fault) {
        for task in streams.keys { fail(task, fault) }
    }

    /// Ends the streams of deleted tasks.
    func deleted(_ tasks: [TaskID]) {
        for task in tasks where streams[task] != nil { fail(task, .noTask(task)) }
    }

    private func fail(_ task: TaskID, _ fault: Fault) {
        for (number, viewer) in streams[task]?.viewers ?? [:] {
            remove(number, task: task)
            viewer.outlet.fail(fault)
        }
    }

    /// Sends viewers that got nothing lately an empty batch, so that they notice a lost stream.
    func tick() {
        let now = clock.monotonic()
        guard now >= keepAliveAt else { return }
        keepAliveAt = now + DispatcherLimits.keepaliveMs
        for (task, stream) in streams {
            for (number, viewer) in stream.viewers
            where !viewer.isReading && now - viewer.sentAt >= DispatcherLimits.keepaliveMs {
                guard stream.next(after: viewer.cursor) == .wait, viewer.outlet.credit > 0 else { continue }
                if viewer.outlet.send(EventBatch([])) { streams[task]?.viewers[number]?.sentAt = now }
            }
        }
    }
}
