import Messages

/// What owners ask about their tasks, and their wish to end one.
extension DispatcherService {
    /// A task as it is on disk.
    /// - Throws: ``Fault`` `task_not_found` or `storage_failed`.
    func view(_ id: TaskID, owner: UserID) async throws -> TaskView {
        try await assureLead()
        return try await committedView(id, owner: owner)
    }

    /// The same for a change that was just committed: it is told even when the lead has ended since.
    func committedView(_ id: TaskID, owner: UserID) async throws -> TaskView {
        if let task = live[id], let record = task.visible, record.owner == owner, let prompt = task.prompt {
            return view(record, prompt: prompt)
        }
        do {
            guard let (record, prompt) = try await store.task(id, owner: owner) else { throw unknown(id) }
            return view(record, prompt: prompt)
        } catch {
            throw storeFault(error)
        }
    }

    /// A page of tasks, newest first.
    /// - Throws: ``Fault`` `storage_failed`.
    func list(_ message: TaskList) async throws -> TaskListing {
        try await assureLead()
        do {
            let page = try await store.list(message)
            return TaskListing(tasks: page.records.map { view($0) }, next: page.next, total: page.total)
        } catch {
            throw storeFault(error)
        }
    }

    /// Stores the wish to end a task and answers with the task as it is then.
    /// - Throws: ``Fault`` `task_not_found`, `storage_failed`, or that nothing is answered now.
    func cancel(_ message: TaskCancel) async throws -> TaskView {
        guard phase == .serving else { throw lostFault }
        try await assureLead()
        if let task = live[message.task] {
            let record = task.machine.record
            guard record.owner == message.owner else { throw unknown(message.task) }
            let isConnected = fleet.places[record.queue]?.isConnected == true
            update(message.task) { $0.cancel(connected: isConnected, now: clock.wall()) }
            settle()
            try await committed(since: failures)
        }
        return try await committedView(message.task, owner: message.owner)
    }

    /// A page of a task's events.
    /// - Throws: ``Fault`` `task_not_found`, `invalid_request` for a cursor beyond the end, or `storage_failed`.
    func page(_ message: EventsPage) async throws -> EventBatch {
        try await assureLead()
        do {
            guard let extent = try await extent(of: message.task, owner: message.owner) else {
                throw unknown(message.task)
            }
            if let fault = beyond(message.after, extent.lastSeq, message.task) { throw fault }
            let limit = min(max(message.limit, 1), DispatcherLimits.pageEvents)
            let events = try await store.events(
                message.task, after: message.after, limit: limit, bytes: DispatcherLimits.pageBytes)
            // Deleted since we looked.
            if extent.lastSeq > message.after, events.first?.seq != message.after + 1 { throw unknown(message.task) }
            return EventBatch(events)
        } catch {
            throw storeFault(error)
        }
    }

    /// How far an owner's task has come on disk: its last seq and whether it has ended; nil when there is none.
    func extent(of id: TaskID, owner: UserID) async throws -> (lastSeq: UInt64, isEnded: Bool)? {
        if let record = live[id]?.visible {
            return record.owner == owner ? (record.lastSeq, record.state.isTerminal) : nil
        }
        guard let record = try await store.task(id, owner: owner)?.record else { return nil }
        return (record.lastSeq, record.state.isTerminal)
    }

    /// Why a cursor is refused that points behind the newest committed event: nobody can have got it from this log.
    func beyond(_ cursor: UInt64, _ lastSeq: UInt64, _ task: TaskID) -> Fault? {
        guard cursor > lastSeq else { return nil }
        return Fault(
            .invalidRequest, "cursor \(cursor) is beyond the end of task \(task), whose last event has seq \(lastSeq)")
    }

    func unknown(_ id: TaskID) -> Fault { Fault(.taskNotFound, "there is no task \(id)") }

    /// Adds what only memory knows: the place in the queue and the reason now, the stall, and what it waits for.
    private func view(_ record: TaskRecord, prompt: String? = nil) -> TaskView {
        guard !record.state.isTerminal, let task = live[record.id] else { return record.view(prompt: prompt) }
        var record = record
        record.waitingFor = task.visible?.waitingFor
        let place = record.state == .queued ? place(of: record) : nil
        // One that has just been given a slot, which is not on disk yet, is the next: it had left its last place.
        return record.view(
            prompt: prompt, position: place?.position ?? 1, waits: place?.reason,
            stall: task.shownStall)
    }
}
