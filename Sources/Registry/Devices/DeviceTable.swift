import Messages

/// Every device and its session: a value that decides and knows nothing of sockets, disks or clocks.
///
/// Each change of what a watcher can see makes the revision grow by one; the methods return whose devices changed.
struct DeviceTable: Sendable {
    /// Grows with each visible change.
    private(set) var revision: UInt64 = 0
    /// What differs from its row on disk: times, slots and agents that reports have brought.
    private(set) var unsaved: Set<DeviceKey> = []
    private var records: [UserID: [String: DeviceRecord]] = [:]
    /// The highest generation ever minted, deleted devices included: it never goes back.
    private var minted: [DeviceKey: UInt64] = [:]
    private var sessions: [Incarnation: [SessionNumber: DeviceKey]] = [:]

    /// The registrations that are on their way to the disk.
    private var arriving: [DeviceKey: DeviceRegistration] = [:]

    /// The state after a start: nothing is heard of any device until ``settle()``.
    init(_ rows: [DeviceRow] = []) {
        for row in rows {
            minted[row.key] = row.generation
            guard !row.deleted else { continue }
            self[row.key] = row.record
            self[row.key]?.isUnheard = true
        }
    }

    /// The start is long enough ago: who was not heard of is offline. Returns whose status changed.
    mutating func settle() -> [DeviceKey] {
        let silent = keys(of: nil).filter { self[$0]?.isUnheard == true }
        for key in silent { self[key]?.isUnheard = false }
        if !silent.isEmpty { revision += 1 }
        return silent
    }

    // MARK: Looking

    private(set) subscript(_ key: DeviceKey) -> DeviceRecord? {
        get { records[key.owner]?[key.id] }
        set {
            records[key.owner, default: [:]][key.id] = newValue
            if records[key.owner]?.isEmpty == true { records[key.owner] = nil }
        }
    }

    /// A device as its owner sees it.
    func device(_ key: DeviceKey) -> Device? { self[key]?.device(key) }

    /// An owner's devices by name, then id.
    func devices(of owner: UserID) -> [Device] {
        (records[owner] ?? [:]).map { $0.value.device(DeviceKey(owner: owner, id: $0.key)) }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// All keys, of one owner or of everybody.
    func keys(of owner: UserID?) -> [DeviceKey] {
        if let owner { return (records[owner] ?? [:]).keys.map { DeviceKey(owner: owner, id: $0) } }
        return records.flatMap { owner, devices in devices.keys.map { DeviceKey(owner: owner, id: $0) } }
    }

    // MARK: Sessions

    /// Gives a registration its generation: one more than this registry and the executor have ever known. It counts
    /// as used from now on, whether or not the disk takes it.
    mutating func mint(_ register: DeviceRegister, key: DeviceKey, route: Route, at now: Timestamp)
        -> DeviceRegistration
    {
        // Below what a registration may name, also where a row on disk says more than anybody can have been given.
        let newest = min(max(minted[key] ?? 0, register.generation), Limits.generations.upperBound - 2)
        let generation = newest + 1
        minted[key] = generation
        let registration = DeviceRegistration(
            key: key, generation: generation, known: register.again == true ? register.generation : generation,
            route: route, boot: register.boot, name: register.name,
            slots: register.slots, version: register.version, agents: register.agents, platform: register.platform,
            at: now)
        arriving[key] = registration
        return registration
    }

    /// Whether a session that is registered again is an old one, of which only its gateway does not know yet: the same
    /// life of the executor has a newer connection elsewhere.
    func isOutdated(_ register: DeviceRegister, key: DeviceKey, route: Route) -> Bool {
        guard register.again == true else { return false }
        let session = self[key]?.session
        let others = [
            arriving[key].map { (boot: $0.boot, route: $0.route, known: $0.known) },
            session.map { (boot: $0.boot, route: $0.route, known: $0.known) },
        ]
        return others.contains { other in
            other.map { $0.boot == register.boot && $0.route != route && $0.known > register.generation } ?? false
        }
    }

    /// Opens the session of a registration that is on disk, where `name` is the name that the row holds. False, and
    /// nothing changed, when a newer registration has come meanwhile.
    ///
    /// An older session ends here, whatever its executor's life is: that a living one of another life keeps its id is
    /// decided before (``claim(_:by:)``).
    mutating func open(_ registration: DeviceRegistration, name: String) -> Bool {
        let key = registration.key
        guard minted[key] == registration.generation else { return false }
        arriving[key] = nil
        let old = self[key]
        if let route = old?.session?.route { forget(route) }
        // The same executor has only dialled again: what it last reported still holds.
        let used = old?.session.map { $0.boot == registration.boot ? $0.used : 0 } ?? 0
        self[key] = DeviceRecord(
            name: name, isDefault: old?.isDefault ?? false, labels: old?.labels ?? [:], total: registration.slots,
            version: registration.version,
            agents: registration.agents, platform: registration.platform, lastSeenAt: registration.at,
            generation: registration.generation,
            session: DeviceSession(
                generation: registration.generation, known: registration.known, route: registration.route,
                boot: registration.boot,
                connectedAt: registration.at, used: min(used, registration.slots)), boot: registration.boot)
        sessions[registration.route.gateway, default: [:]][registration.route.session] = key
        revision += 1
        return true
    }

    /// Ends a session. False, and nothing changed, when it is not the device's present one.
    mutating func close(_ key: DeviceKey, generation: UInt64, at now: Timestamp) -> Bool {
        guard let session = self[key]?.session, session.generation == generation else { return false }
        end(key, session, at: now)
        revision += 1
        return true
    }

    /// Ends all sessions of a gateway that has died.
    mutating func lose(_ gateway: Incarnation, at now: Timestamp) -> [DeviceKey] {
        guard let lost = sessions[gateway]?.values, !lost.isEmpty else { return [] }
        let keys = Array(lost)
        for key in keys { if let session = self[key]?.session { end(key, session, at: now) } }
        revision += 1
        return keys
    }

    /// What a report did.
    enum Report: Equatable {
        /// No present session has this route: it is of an earlier one, or the device was deleted.
        case stale
        /// Only "last seen" has moved, which no watcher is woken for.
        case seen
        case changed(DeviceKey)
    }

    /// A registration was not put on disk, or its connection ended meanwhile.
    mutating func abandon(_ registration: DeviceRegistration) {
        if minted[registration.key] == registration.generation { arriving[registration.key] = nil }
    }

    /// Which executor's life has a device now, or is about to have it; nil = none.
    func holder(_ key: DeviceKey) -> BootID? { arriving[key]?.boot ?? self[key]?.session?.boot }

    /// Takes a checked report in.
    mutating func report(_ report: DeviceReport, from route: Route, at now: Timestamp) -> Report {
        guard let key = sessions[route.gateway]?[route.session], var record = self[key] else { return .stale }
        let before = record
        record.total = report.total
        record.session?.used = min(report.used, report.total)
        record.session?.draining = report.draining
        if let agents = report.agents { record.agents = agents }
        let changed = record != before
        record.lastSeenAt = now
        self[key] = record
        unsaved.insert(key)
        if changed { revision += 1 }
        return changed ? .changed(key) : .seen
    }

    // MARK: Its owner's wishes

    /// Gives the star to a device, or takes it away; returns what changed.
    mutating func star(_ key: DeviceKey, on: Bool) -> [DeviceKey] {
        var changed: [DeviceKey] = []
        for other in keys(of: key.owner) {
            let wanted = on ? other == key : other != key && self[other]?.isDefault == true
            guard self[other]?.isDefault != wanted else { continue }
            self[other]?.isDefault = wanted
            changed.append(other)
        }
        if !changed.isEmpty { revision += 1 }
        return changed
    }

    /// Takes in what is on disk of a device's name and labels; false when that changes nothing.
    mutating func update(_ key: DeviceKey, name: String, labels: [String: String]) -> Bool {
        guard let record = self[key], record.name != name || record.labels != labels else { return false }
        self[key]?.name = name
        self[key]?.labels = labels
        revision += 1
        return true
    }

    /// Forgets a device, its session included; false when there is none. Its generation stays known.
    mutating func delete(_ key: DeviceKey) -> Bool {
        guard let record = self[key] else { return false }
        if let route = record.session?.route { forget(route) }
        self[key] = nil
        unsaved.remove(key)
        revision += 1
        return true
    }

    // MARK: Saving

    /// Takes what is to be saved; what could not be is given back with ``unsaved(_:)``.
    mutating func takeUnsaved() -> [DeviceRow] {
        defer { unsaved = [] }
        return unsaved.compactMap { key in self[key].map { DeviceRow(key: key, record: $0) } }
    }

    /// Marks rows as still to be saved.
    mutating func unsaved(_ keys: [DeviceKey]) { unsaved.formUnion(keys) }

    private mutating func end(_ key: DeviceKey, _ session: DeviceSession, at now: Timestamp) {
        forget(session.route)
        self[key]?.session = nil
        self[key]?.isUnheard = false
        self[key]?.lastSeenAt = now
        unsaved.insert(key)
    }

    private mutating func forget(_ route: Route) {
        sessions[route.gateway]?[route.session] = nil
        if sessions[route.gateway]?.isEmpty == true { sessions[route.gateway] = nil }
    }
}
