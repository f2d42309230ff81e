import Mesh
import Messages

/// Who follows tasks: from the log, then live, with no gap and no double between the two. Nothing is kept for a viewer
/// but its cursor; one that is slow reads the log.
extension DispatcherService {
    /// Takes a viewer in.
    func follow(_ message: EventsSubscribe, outlet: ItemWriter) async {
        do {
            try await assureLead()
            // While the store is asked, a task may come to its end and leave memory: then it is asked again.
            repeat {
                guard let extent = try await extent(of: message.task, owner: message.owner) else {
                    return outlet.fail(unknown(message.task))
                }
                if watch(message, outlet, extent) { return }
            } while true
        } catch {
            outlet.fail(storeFault(error))
        }
    }

    /// Begins to serve a viewer; false = what the store said is not true any more.
    private func watch(
        _ message: EventsSubscribe, _ outlet: ItemWriter, _ extent: (lastSeq: UInt64, isEnded: Bool)
    ) -> Bool {
        guard phase != .stopping, phase != .deposed, !outlet.isClosed else {
            outlet.fail(notServing)
            return true
        }
        guard viewers[message.owner, default: 0] < DispatcherLimits.viewersPerOwner else {
            outlet.fail(
                Fault(
                    .rateLimited,
                    "\(DispatcherLimits.viewersPerOwner) streams of tasks are open already; end some first"))
            return true
        }
        var stream: EventStream
        if let watched = streams[message.task] {
            stream = watched
        } else if let record = live[message.task]?.visible {
            stream = EventStream(lastSeq: record.lastSeq, isEnded: record.state.isTerminal)
        } else if extent.isEnded {
            stream = EventStream(lastSeq: extent.lastSeq, isEnded: true)
        } else {
            return false
        }
        if let fault = beyond(message.after, stream.lastSeq, message.task) {
            outlet.fail(fault)
            return true
        }
        nextViewer += 1
        let viewer = Viewer(
            owner: message.owner, outlet: outlet, cursor: message.after, sentAt: clock.monotonic())
        viewers[message.owner, default: 0] += 1
        stream.viewers[nextViewer] = viewer
        streams[message.task] = stream
        wire(nextViewer, task: message.task, outlet: outlet)
        pump(nextViewer, task: message.task)
        return true
    }

    private func wire(_ viewer: Int, task: TaskID, outlet: ItemWriter) {
        outlet.onCredit { [weak self] in self?.assumeIsolated { $0.pump(viewer, task: task) } }
        outlet.onClose { [weak self] in self?.assumeIsolated { $0.leave(viewer, task: task) } }
    }

    /// Hands committed events to those who watch.
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

    /// Sends a viewer what is there for it, as far as its credit goes.
    func pump(_ number: Int, task: TaskID) {
        while let stream = streams[task], var viewer = stream.viewers[number], !viewer.isReading {
            if viewer.outlet.isClosed { return leave(number, task: task) }
            switch stream.next(after: viewer.cursor) {
            case .wait: return
            case .finish:
                leave(number, task: task)
                return viewer.outlet.finish()
            case .read:
                guard viewer.outlet.credit > 0 else { return }
                streams[task]?.viewers[number]?.isReading = true
                let cursor = viewer.cursor
                Task(executorPreference: reactor) { await self.read(number, task: task, after: cursor) }
                return
            case .send(let events):
                guard deliver(events, to: &viewer) else { return }
                streams[task]?.viewers[number] = viewer
            }
        }
    }

    private func deliver(_ events: [Event], to viewer: inout Viewer) -> Bool {
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
            // Its task has been deleted since it was let in.
            guard events.first?.seq == after + 1 else {
                leave(number, task: task)
                return viewer.outlet.fail(unknown(task))
            }
            viewer.isReading = false
            // Without credit (which only a broken peer takes back) the page is read again later.
            _ = deliver(events, to: &viewer)
            streams[task]?.viewers[number] = viewer
            pump(number, task: task)
        } catch {
            guard let viewer = streams[task]?.viewers[number] else { return }
            leave(number, task: task)
            viewer.outlet.fail(storeFault(error))
        }
    }

    private func leave(_ number: Int, task: TaskID) {
        guard let viewer = streams[task]?.viewers.removeValue(forKey: number) else { return }
        let left = viewers[viewer.owner, default: 1] - 1
        viewers[viewer.owner] = left > 0 ? left : nil
        if streams[task]?.viewers.isEmpty == true { streams[task] = nil }
    }

    /// Ends every stream.
    func failViewers(_ fault: Fault) {
        for task in streams.keys { failViewers(of: task, fault) }
    }

    /// Ends the streams of a task.
    func failViewers(of task: TaskID, _ fault: Fault) {
        for (number, viewer) in streams[task]?.viewers ?? [:] {
            leave(number, task: task)
            viewer.outlet.fail(fault)
        }
    }

    /// Shows viewers without news that the stream is alive.
    func keepAlive() {
        let now = clock.monotonic()
        for (task, stream) in streams {
            for (number, viewer) in stream.viewers
            where !viewer.isReading && now - viewer.sentAt >= DispatcherLimits.keepaliveMs {
                guard stream.next(after: viewer.cursor) == .wait, viewer.outlet.credit > 0 else { continue }
                if viewer.outlet.send(EventBatch([])) { streams[task]?.viewers[number]?.sentAt = now }
            }
        }
    }
}
