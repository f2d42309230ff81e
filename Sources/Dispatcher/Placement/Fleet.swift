import Messages

/// Every device and executor that the dispatcher knows: the registry's list, the queues, the sessions and the slots.
///
/// A device with an open session exists and is online whatever the registry lists: gateways may open sessions before the
/// watch lists the device. While the registry is away the list stays as it is.
struct Fleet: Sendable {
    private(set) var places: [QueueID: Place] = [:]
    private(set) var workers: [WorkerID: Worker] = [:]
    private(set) var sessions: [SessionRef: WorkerID] = [:]
    /// Each owner's default device.
    private(set) var defaultDevices: [UserID: String] = [:]
    /// Whether the registry's list was ever received.
    private(set) var isKnown = false
    /// The parts of a snapshot that is still arriving.
    private var arriving: [Device]?

    /// Returns the executor that serves a queue.
    func worker(serving queue: QueueID) -> Worker? { WorkerID(serving: queue).flatMap { workers[$0] } }

    /// Returns whether an executor that serves the queue is connected.
    func isConnected(_ queue: QueueID) -> Bool { worker(serving: queue)?.isConnected == true }

    /// Changes the waiting tasks of a queue in place.
    mutating func queue(_ id: QueueID, _ body: (inout TaskQueue) -> Void) { body(&places[id, default: Place()].queue) }

    /// Changes the slots of the executor that serves a queue in place.
    mutating func slots(_ queue: QueueID, _ body: (inout WorkerSlots) -> Void) {
        guard let id = WorkerID(serving: queue) else { return }
        body(&workers[id, default: Worker()].slots)
    }

    /// Returns why the connected device of a queue would refuse a new task; nil = it would not, or that is unknown. Only the
    /// list of the present session counts: the executor may have been restarted with other options.
    func refusal(_ submit: TaskSubmit, mode: PermissionMode?, queue: QueueID) -> Fault? {
        guard let device = places[queue]?.device,
            worker(serving: queue)?.session?.generation == device.generation
        else { return nil }
        return Suitability.refusal(submit, mode: mode, on: device)
    }

    // MARK: The registry's list

    /// Takes a step of the watch.
    /// - Returns: the queues of deleted devices without a session: nothing will run their tasks.
    mutating func apply(_ changes: DeviceChanges) -> [QueueID] {
        if changes.snapshot { arriving = [] }
        if arriving != nil {
            arriving? += changes.devices
            if changes.more { return [] }
            replace()
            return abandoned
        }
        for device in changes.devices { put(device) }
        return changes.removed.compactMap { removed in
            let id = QueueID.device(owner: removed.owner, id: removed.id)
            if defaultDevices[removed.owner] == removed.id { defaultDevices[removed.owner] = nil }
            guard places[id] != nil || worker(serving: id) != nil else { return nil }
            places[id]?.device = nil
            dropUnused(id)
            return isConnected(id) ? nil : id
        }
    }

    /// Queues with waiting or running tasks that have no session, of devices that the registry does not list.
    var abandoned: [QueueID] {
        guard isKnown else { return [] }
        let queues = Set(places.keys).union(workers.keys.flatMap(\.queues))
        return queues.filter { id in
            let isInUse = places[id]?.queue.isEmpty == false || worker(serving: id)?.slots.running.isEmpty == false
            return isInUse && isAbandoned(id)
        }
    }

    /// Returns whether nothing will run a queue's tasks: its device was deleted and has no session.
    func isAbandoned(_ id: QueueID) -> Bool {
        isKnown && id.device != nil && places[id]?.device == nil && !isConnected(id)
    }

    private mutating func replace() {
        let devices = arriving ?? []
        arriving = nil
        isKnown = true
        defaultDevices = [:]
        for (id, place) in places where place.device != nil {
            places[id]?.device = nil
            dropUnused(id)
        }
        for device in devices { put(device) }
    }

    private mutating func put(_ device: Device) {
        places[.device(owner: device.owner, id: device.id), default: Place()].device = device
        if device.isDefault {
            defaultDevices[device.owner] = device.id
        } else if defaultDevices[device.owner] == device.id {
            defaultDevices[device.owner] = nil
        }
    }

    private mutating func dropUnused(_ id: QueueID) {
        if places[id]?.isUnused == true { places[id] = nil }
        if let worker = WorkerID(serving: id), workers[worker]?.isUnused == true { workers[worker] = nil }
    }

    // MARK: Sessions

    /// Opens a session; it replaces the executor's earlier one.
    /// - Throws: ``Fault`` `stale_session` when a newer one is known.
    mutating func open(_ id: WorkerID, ref: SessionRef, generation: UInt64, slots: Int, now: Timestamp) throws {
        var worker = workers[id] ?? Worker()
        guard generation >= worker.generation else {
            throw Fault(
                .staleSession, "generation \(generation) of device \(id.device) was replaced by \(worker.generation)")
        }
        // After a restart of the registry a gateway opens the same connection again; its executor reports only once.
        let isSame = worker.session?.ref == ref
        let isReported = isSame && worker.session?.isReported == true
        if let old = worker.session { sessions[old.ref] = nil }
        worker.session = Worker.Session(ref: ref, generation: generation, isReported: isReported)
        worker.generation = generation
        worker.lastSeen = now
        if !isSame { worker.slots.open(total: slots) }
        sessions[ref] = id
        workers[id] = worker
    }

    /// Closes the session of an executor.
    /// - Returns: false when the session is not the current one.
    mutating func close(_ id: WorkerID, generation: UInt64, now: Timestamp) -> Bool {
        guard let session = workers[id]?.session, session.generation == generation else { return false }
        sessions[session.ref] = nil
        workers[id]?.session = nil
        workers[id]?.lastSeen = now
        workers[id]?.slots.close()
        return true
    }

    /// Returns the executors with sessions through a gateway.
    func workers(through gateway: Incarnation) -> [(id: WorkerID, generation: UInt64)] {
        sessions.compactMap { ref, id in
            ref.gateway == gateway ? workers[id]?.session.map { (id, $0.generation) } : nil
        }
    }

    /// The executor has reported, or its time for it is over.
    mutating func markReported(_ id: WorkerID) { workers[id]?.session?.isReported = true }

    /// Forgets waiting and running tasks before they are loaded again; keeps devices, sessions and reported slots.
    mutating func clearTasks() {
        for id in places.keys { places[id]?.queue.clear() }
        for id in workers.keys { workers[id]?.slots.clearRunning() }
    }
}
