import Messages

/// Every device and its session: a value that decides, without sockets, disks or clocks.
///
/// Each change that a watcher can see increments the revision. Methods return the keys of changed devices.
struct DeviceTable: Sendable {
    /// Grows with each visible change.
    private(set) var revision: UInt64 = 0
    /// Devices that differ from their row on disk in the time, slots or agents of a report.
    private(set) var unsaved: Set<DeviceKey> = []
    private var records: [UserID: [String: DeviceRecord]] = [:]
    /// The highest generation ever minted, of deleted devices too: it never goes back.
    private var minted: [DeviceKey: UInt64] = [:]
    private var sessions: [Incarnation: [SessionNumber: DeviceKey]] = [:]

    /// The newest registration of each device that is not on disk yet.
    private var registering: [DeviceKey: DeviceRegistration] = [:]

    /// The state after a start: until ``endStartGrace()`` a device without a session is `unknown`.
    init(_ rows: [DeviceRow] = []) {
        for row in rows {
            minted[row.key] = row.generation
            guard !row.deleted else { continue }
            self[row.key] = row.record
            self[row.key]?.isUnheard = true
        }
    }

    /// Marks devices that have had no session since the start as offline. Returns the changed ones.
    mutating func endStartGrace() -> [DeviceKey] {
        let silent = keys(of: nil).filter { self[$0]?.isUnheard == true }
        for key in silent { self[key]?.isUnheard = false }
        if !silent.isEmpty { revision += 1 }
        return silent
    }

    // MARK: Reads

    private(set) subscript(_ key: DeviceKey) -> DeviceRecord? {
        get { records[key.owner]?[key.id] }
        set {
            records[key.owner, default: [:]][key.id] = newValue
            if records[key.owner]?.isEmpty == true { records[key.owner] = nil }
        }
    }

    /// Returns a device as its owner sees it.
    func device(_ key: DeviceKey) -> Device? { self[key]?.device(key) }

    /// Returns an owner's devices, sorted by name, then id.
    func devices(of owner: UserID) -> [Device] {
        (records[owner] ?? [:]).map { $0.value.device(DeviceKey(owner: owner, id: $0.key)) }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Returns whether an owner has as many devices as are allowed, so that `key` cannot become another one. Registrations
    /// on their way to the disk count.
    func isFull(for key: DeviceKey, limit: Int) -> Bool {
        let known = records[key.owner] ?? [:]
        guard known[key.id] == nil, registering[key] == nil else { return false }
        let new = registering.keys.count { $0.owner == key.owner && known[$0.id] == nil }
        return known.count + new >= limit
    }

    /// Returns the keys of all devices of an owner; nil = of all owners.
    func keys(of owner: UserID?) -> [DeviceKey] {
        if let owner { return (records[owner] ?? [:]).keys.map { DeviceKey(owner: owner, id: $0) } }
        return records.flatMap { owner, devices in devices.keys.map { DeviceKey(owner: owner, id: $0) } }
    }

    // MARK: Sessions

    /// Gives a registration its generation: one above the highest that this registry and the executor know. The number is
    /// used up even when the write fails.
    mutating func mint(_ register: DeviceRegister, key: DeviceKey, route: Route, at now: Timestamp)
        -> DeviceRegistration
    {
        // Within the range that a registration may name, even when a damaged row has a higher number.
        let newest = min(max(minted[key] ?? 0, register.generation), Limits.generations.upperBound - 2)
        let generation = newest + 1
        minted[key] = generation
        let registration = DeviceRegistration(
            key: key, generation: generation, known: register.again == true ? register.generation : generation,
            route: route, boot: register.boot, name: register.name,
            slots: register.slots, version: register.version, agents: register.agents,
            allowedDirs: DeviceRules.listed(register.allowedDirs), platform: register.platform, at: now)
        registering[key] = registration
        return registration
    }

    /// Returns whether a session that its gateway registers again is an old one: the same executor process has a newer
    /// connection through another route, which that gateway does not know yet.
    func isOutdated(_ register: DeviceRegister, key: DeviceKey, route: Route) -> Bool {
        guard register.again == true else { return false }
        let session = self[key]?.session
        let others = [
            registering[key].map { (boot: $0.boot, route: $0.route, known: $0.known) },
            session.map { (boot: $0.boot, route: $0.route, known: $0.known) },
        ]
        return others.contains { other in
            other.map { $0.boot == register.boot && $0.route != route && $0.known > register.generation } ?? false
        }
    }

    /// Opens the session of a registration that is on disk under `name`. Returns false and changes nothing when a newer
    /// registration has arrived since.
    ///
    /// It ends any older session: whether another executor keeps the id was decided before (``claim(_:by:)``).
    mutating func open(_ registration: DeviceRegistration, name: String) -> Bool {
        let key = registration.key
        guard minted[key] == registration.generation else { return false }
        registering[key] = nil
        let old = self[key]
        if let route = old?.session?.route { forget(route) }
        // The same executor has dialled again: its last report still holds.
        let used = old?.session.map { $0.boot == registration.boot ? $0.used : 0 } ?? 0
        self[key] = DeviceRecord(
            name: name, isDefault: old?.isDefault ?? false, labels: old?.labels ?? [:], total: registration.slots,
            version: registration.version,
            agents: registration.agents, allowedDirs: registration.allowedDirs, platform: registration.platform,
            lastSeenAt: registration.at,
            generation: registration.generation,
            session: DeviceSession(
                generation: registration.generation, known: registration.known, route: registration.route,
                boot: registration.boot,
                connectedAt: registration.at, used: min(used, registration.slots)), boot: registration.boot)
        sessions[registration.route.gateway, default: [:]][registration.route.session] = key
        revision += 1
        return true
    }

    /// Ends a session. Returns false and changes nothing when it is not the device's current one.
    mutating func close(_ key: DeviceKey, generation: UInt64, at now: Timestamp) -> Bool {
        guard let session = self[key]?.session, session.generation == generation else { return false }
        end(key, session, at: now)
        revision += 1
        return true
    }

    /// Ends all sessions of a gateway.
    mutating func closeSessions(of gateway: Incarnation, at now: Timestamp) -> [DeviceKey] {
        guard let lost = sessions[gateway]?.values, !lost.isEmpty else { return [] }
        let keys = Array(lost)
        for key in keys { if let session = self[key]?.session { end(key, session, at: now) } }
        revision += 1
        return keys
    }

    /// The outcome of a report.
    enum Report: Equatable {
        /// No current session has this route: the session has ended, or the device was deleted.
        case stale
        /// Only "last seen" has changed, which watchers do not get.
        case seen
        case changed(DeviceKey)
    }

    /// Drops a registration that was not written, or lost its connection before it was.
    mutating func abandon(_ registration: DeviceRegistration) {
        if minted[registration.key] == registration.generation { registering[registration.key] = nil }
    }

    /// Returns the boot id of the executor that has a device or is registering it; nil = none.
    func holder(_ key: DeviceKey) -> BootID? { registering[key]?.boot ?? self[key]?.session?.boot }

    /// Applies a checked report.
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

    // MARK: Changes by the owner

    /// Moves the star to a device, or takes it away; returns the changed devices.
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

    /// Applies the name and labels that are on disk; false when nothing changes.
    mutating func update(_ key: DeviceKey, name: String, labels: [String: String]) -> Bool {
        guard let record = self[key], record.name != name || record.labels != labels else { return false }
        self[key]?.name = name
        self[key]?.labels = labels
        revision += 1
        return true
    }

    /// Removes a device with its session; false when there is none. Its generation is kept.
    mutating func delete(_ key: DeviceKey) -> Bool {
        guard let record = self[key] else { return false }
        if let route = record.session?.route { forget(route) }
        self[key] = nil
        unsaved.remove(key)
        revision += 1
        return true
    }

    // MARK: Saving

    /// Returns the rows to save and clears ``unsaved``; after a failed write, ``markUnsaved(_:)`` puts them back.
    mutating func takeUnsaved() -> [DeviceRow] {
        defer { unsaved = [] }
        return unsaved.compactMap { key in self[key].map { DeviceRow(key: key, record: $0) } }
    }

    /// Marks rows to be saved again.
    mutating func markUnsaved(_ keys: [DeviceKey]) { unsaved.formUnion(keys) }

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
