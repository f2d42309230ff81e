import Mesh
import Messages

/// What owners read of their tasks.
extension DispatcherService {
    /// Returns a task as it is on disk.
    /// - Throws: ``Fault`` `task_not_found`, `storage_failed`, or as ``assureLead(_:)``.
    func view(_ id: TaskID, owner: UserID) async throws -> TaskView {
        try await assureLead(owner)
        return try await committedView(id, owner: owner)
    }

    /// As ``view(_:owner:)``, for a change that was just committed: it is answered even when the lead has ended since.
    func committedView(_ id: TaskID, owner: UserID) async throws -> TaskView {
        if let task = live[id], let record = task.visible, record.owner == owner, let prompt = task.prompt {
            return view(record, prompt: prompt)
        }
        let (record, prompt) = try await storedTask(id, owner: owner)
        return view(record, prompt: prompt)
    }

    /// Reads a task and its prompt from the store.
    /// - Throws: ``Fault`` `task_not_found` or `storage_failed`.
    func storedTask(_ id: TaskID, owner: UserID) async throws -> (record: TaskRecord, prompt: String) {
        do {
            guard let stored = try await store.task(id, owner: owner) else { throw Fault.noTask(id) }
            return stored
        } catch {
            throw unreadable(error)
        }
    }

    /// Returns a page of tasks, newest first.
    /// - Throws: ``Fault`` `storage_failed`, or as ``assureLead(_:)``.
    func list(_ message: TaskList) async throws -> TaskListing {
        try await assureLead(message.owner)
        do {
            let page = try await store.list(message)
            return TaskListing(tasks: page.records.map { view($0) }, next: page.next, total: page.total)
        } catch {
            throw unreadable(error)
        }
    }

    /// Adds what is only in memory: the current position and wait reason, the stall, and what the task waits for.
    private func view(_ record: TaskRecord, prompt: String? = nil) -> TaskView {
        guard !record.state.isTerminal, let task = live[record.id] else { return record.view(prompt: prompt) }
        var record = record
        record.waitingFor = task.visible?.waitingFor
        record.waiting = task.visible?.waiting
        let waiting = record.state == .queued ? position(of: record) : nil
        // A task has left its queue before its assignment is on disk: it was the first.
        return record.view(
            prompt: prompt, position: waiting?.position ?? 1, waits: waiting?.reason, stall: task.shownStall)
    }

    // MARK: Events

    /// Returns a page of a task's events.
    /// - Throws: ``Fault`` `task_not_found`, `invalid_request` for a cursor beyond the end, `storage_failed`, or as
    ///   ``assureLead(_:)``.
    func page(_ message: EventsPage) async throws -> EventBatch {
        try await assureLead(message.owner)
        do {
            let extent = try await extent(of: message.task, owner: message.owner)
            if let fault = extent.refusal(of: message.after, message.task) { throw fault }
            let limit = min(max(message.limit, 1), DispatcherLimits.pageEvents)
            let events = try await store.events(
                message.task, after: message.after, limit: limit, bytes: DispatcherLimits.pageBytes)
            // The task was deleted after its extent was read.
            if extent.lastSeq > message.after, events.first?.seq != message.after + 1 {
                throw Fault.noTask(message.task)
            }
            return EventBatch(events)
        } catch {
            throw unreadable(error)
        }
    }

    /// Sends a task's events to a viewer, from its cursor on.
    func follow(_ message: EventsSubscribe, outlet: ItemWriter) async {
        do {
            try await assureLead(message.owner)
            // A task that ends during the read leaves memory, and what was read is outdated: then it is read again.
            var stored: StreamExtent
            repeat {
                stored = try await extent(of: message.task, owner: message.owner)
            } while try !addViewer(message, outlet, stored)
        } catch {
            outlet.fail(unreadable(error))
        }
    }

    private func addViewer(_ message: EventsSubscribe, _ outlet: ItemWriter, _ stored: StreamExtent) throws -> Bool {
        guard phase != .stopping, phase != .deposed, !outlet.isClosed else { throw notServing }
        let extent = live[message.task]?.visible.map(Self.extent) ?? (stored.isEnded ? stored : nil)
        return viewers.assumeIsolated { $0.add(message, outlet, extent) }
    }

    /// Returns how far an owner's task reaches on disk.
    /// - Throws: ``Fault`` `task_not_found`, or ``TaskStoreError``.
    private func extent(of id: TaskID, owner: UserID) async throws -> StreamExtent {
        if let record = live[id]?.visible {
            guard record.owner == owner else { throw Fault.noTask(id) }
            return Self.extent(record)
        }
        guard let record = try await store.task(id, owner: owner)?.record else { throw Fault.noTask(id) }
        return Self.extent(record)
    }

    private static func extent(_ record: TaskRecord) -> StreamExtent {
        StreamExtent(lastSeq: record.lastSeq, isEnded: record.state.isTerminal)
    }
}
