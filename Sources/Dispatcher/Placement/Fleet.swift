import Messages

/// All devices, as far as the dispatcher knows them: a replica of the registry's, their sessions and their queues.
///
/// A device with an open session exists and is online, whatever the registry says: gateways open sessions before the
/// watch may have told of the device. While the registry is away the replica stays as it is.
struct Fleet: Sendable {
    private(set) var places: [QueueKey: Place] = [:]
    /// Which device a session is of.
    private(set) var sessions: [SessionRef: QueueKey] = [:]
    /// Each owner's default device.
    private(set) var starred: [UserID: String] = [:]
    /// Whether the registry's devices were ever known.
    private(set) var isKnown = false
    /// The parts of a snapshot that is still arriving.
    private var arriving: [Device]?

    /// The place of a queue; an empty one when nothing is known.
    subscript(key: QueueKey) -> Place {
        get { places[key] ?? Place(queue: DeviceQueue(total: 0)) }
        set { places[key] = newValue.isVacant && newValue.generation == 0 ? nil : newValue }
    }

    /// Changes a queue in place.
    mutating func queue<T>(_ key: QueueKey, _ body: (inout DeviceQueue) -> T) -> T {
        body(&places[key, default: Place(queue: DeviceQueue(total: 0))].queue)
    }

    // MARK: The registry's replica

    /// Takes a step of the watch.
    /// - Returns: devices that were deleted, and have no session: nobody can wait for them any more.
    mutating func apply(_ changes: DeviceChanges) -> [QueueKey] {
        if changes.snapshot { arriving = [] }
        if arriving != nil {
            arriving? += changes.devices
            if changes.more { return [] }
            replace()
            return abandoned
        }
        for device in changes.devices { put(device) }
        return changes.removed.compactMap { removed in
            let key = QueueKey(owner: removed.owner, device: removed.id)
            if starred[removed.owner] == removed.id { starred[removed.owner] = nil }
            guard var place = places[key] else { return nil }
            place.device = nil
            self[key] = place
            return place.isConnected ? nil : key
        }
    }

    /// Queues, with tasks, of devices that the registry does not have (any more) and that have no session.
    var abandoned: [QueueKey] {
        guard isKnown else { return [] }
        return places.filter { key, place in
            key.device != nil && place.device == nil && !place.isConnected
                && !(place.queue.waiting.isEmpty && place.queue.running.isEmpty)
        }.map(\.key)
    }

    private mutating func replace() {
        let devices = arriving ?? []
        arriving = nil
        isKnown = true
        starred = [:]
        for (key, place) in places where place.device != nil {
            places[key]?.device = nil
            if let empty = places[key], empty.isVacant, empty.generation == 0 { places[key] = nil }
        }
        for device in devices { put(device) }
    }

    private mutating func put(_ device: Device) {
        let key = QueueKey(owner: device.owner, device: device.id)
        places[key, default: Place(queue: DeviceQueue(total: device.slots.total))].device = device
        if device.isDefault {
            starred[device.owner] = device.id
        } else if starred[device.owner] == device.id {
            starred[device.owner] = nil
        }
    }

    // MARK: Sessions

    /// A session is open; it replaces the device's earlier one.
    /// - Throws: ``Fault`` `stale_session` when a newer one is known.
    mutating func open(_ key: QueueKey, ref: SessionRef, generation: UInt64, slots: Int, now: Timestamp) throws {
        var place = self[key]
        guard generation >= place.generation else {
            throw Fault(
                .staleSession,
                "generation \(generation) of device \(key.device ?? "") was replaced by \(place.generation)")
        }
        // A gateway opens the same connection anew when the registry was restarted; its executor reports once only.
        let isSame = place.session?.ref == ref
        let isReported = isSame && place.session?.isReported == true
        if let old = place.session { sessions[old.ref] = nil }
        place.session = DeviceSession(ref: ref, generation: generation, isReported: isReported)
        place.generation = generation
        place.lastSeen = now
        if !isSame { place.queue.opened(total: slots) }
        sessions[ref] = key
        self[key] = place
    }

    /// The session of a device has ended; false when it is not the present one.
    mutating func close(_ key: QueueKey, generation: UInt64, now: Timestamp) -> Bool {
        guard var place = places[key], let session = place.session, session.generation == generation else {
            return false
        }
        sessions[session.ref] = nil
        place.session = nil
        place.lastSeen = now
        place.queue.closed()
        self[key] = place
        return true
    }

    /// The devices whose sessions go through a gateway.
    func devices(through gateway: Incarnation) -> [(key: QueueKey, generation: UInt64)] {
        sessions.compactMap { ref, key in
            ref.gateway == gateway ? places[key]?.session.map { (key, $0.generation) } : nil
        }
    }

    /// The executor has said what it holds, or its time for it is over.
    mutating func markReported(_ key: QueueKey) { places[key]?.session?.isReported = true }

    /// Forgets who waits and runs, keeps devices, sessions and what devices have said of their slots: before tasks are
    /// loaded anew.
    mutating func clearQueues() {
        for key in places.keys { places[key]?.queue.cleared() }
    }
}
