import GRDB
import Logging
import Mesh
import Messages
import Metrics
import Storage

/// The registry's state: devices, sessions, services and their watchers. It runs on the reactor; writes to the disk do not.
///
/// Memory changes only after the commit. Commits complete in the order of the calls, so memory and disk go through the
/// same states.
actor RegistryService {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    /// The incarnation of this process, within which revisions count.
    nonisolated let incarnation: Incarnation
    private let store: Store
    let logger: Logger
    let now: @Sendable () -> Timestamp
    var devices: DeviceTable
    private var services = ServiceTable()
    private var deviceWatchers = Watchers<DeviceFeed>()
    private var serviceWatchers = Watchers<ServiceFeed>()
    /// The gateways through which devices have registered, for probes and cuts of their sessions.
    var gateways: [Incarnation: Peer] = [:]
    private var saving: Task<Void, Never>?
    /// How many devices a user may have.
    let userDevices: Int
    private let stale = Counter(label: "registry_stale_messages")

    init(
        store: Store, rows: [DeviceRow], userDevices: Int, incarnation: Incarnation, reactor: Reactor,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.store = store
        self.userDevices = userDevices
        self.incarnation = incarnation
        self.reactor = reactor
        self.logger = logger
        self.now = now
        devices = DeviceTable(rows)
    }

    // MARK: Sessions

    /// Registers a device: its generation is on disk before any peer sees it.
    /// - Parameter deadline: When the gateway's request times out. A session opened later would stay online for ever, since
    ///   its gateway does not know it; so a registration is refused from ``RegistryLimits/replyTime`` before that.
    func register(
        _ register: DeviceRegister, from peer: Peer, until deadline: ContinuousClock.Instant? = nil
    ) async throws -> DeviceRegistered {
        try DeviceRules.check(register)
        guard let owner = register.owner, let route = register.route else {
            throw Fault(.invalidRequest, "a registration needs the owner and the route, which the gateway adds")
        }
        guard route.gateway == peer.identity.incarnation else {
            throw Fault(.invalidRequest, "the route of a registration is not on the gateway that sent it")
        }
        gateways[route.gateway] = peer
        guard !devices.isOutdated(register, key: DeviceKey(owner: owner, id: register.device), route: route) else {
            throw Fault(.staleSession, "device \(register.device) has a newer session")
        }
        let registration = try await claim(DeviceKey(owner: owner, id: register.device), for: register, on: route)
        let key = registration.key
        let name: String
        do { name = try await write { try DeviceStore.register(registration, in: $0) } } catch {
            devices.abandon(registration)
            throw error
        }
        // The gateway may have disconnected during the write; peerDown has run then and does not run again.
        guard peer.isUp else {
            devices.abandon(registration)
            throw Fault(.peerLost, "the gateway of device \(key.id) is gone")
        }
        if let deadline, ContinuousClock.now + RegistryLimits.replyTime > deadline {
            devices.abandon(registration)
            log(.warning, "registration took too long", key, generation: registration.generation)
            throw Fault(.deadlineExceeded, "the registry's disk is slow; register again")
        }
        let old = devices[key]?.session
        guard devices.open(registration, name: name) else {
            throw Fault(.staleSession, "device \(key.id) has registered again meanwhile")
        }
        if let old, old.route != route { cut(old, .replaced) }
        log(.notice, "device registered", key, generation: registration.generation)
        changed([key])
        return DeviceRegistered(device: key.id, name: name, generation: registration.generation)
    }

    /// Marks devices that have had no session since the start as offline.
    func endStartGrace() { changed(devices.endStartGrace()) }

    /// Ends a session, if it is the device's current one.
    func sessionEnded(_ gone: DeviceGone) {
        let key = DeviceKey(owner: gone.owner, id: gone.device)
        guard devices.close(key, generation: gone.generation, at: now()) else { return stale.increment() }
        log(.notice, "device offline", key, generation: gone.generation)
        changed([key])
        save()
    }

    /// Applies a report of an executor in its session on `gateway`.
    func report(_ report: DeviceReport, session: UInt64, on gateway: Incarnation) {
        do { try DeviceRules.check(report) } catch {
            return logger.warning("report refused", metadata: ["session": "\(session)", "error": "\(error)"])
        }
        let route = Route(gateway: gateway, session: SessionNumber(session))
        switch devices.report(report, from: route, at: now()) {
        case .stale: stale.increment()
        case .seen: break
        case .changed(let key): changed([key])
        }
    }

    /// Forgets the service of a lost peer, and closes the sessions of its devices.
    func peerDown(_ peer: Identity) {
        gateways[peer.incarnation] = nil
        if services.remove(peer.incarnation) {
            logger.notice("service gone", metadata: ["peer": "\(peer.name)", "role": "\(peer.role)"])
            pumpServices()
        }
        let lost = devices.closeSessions(of: peer.incarnation, at: now())
        guard !lost.isEmpty else { return }
        logger.notice(
            "gateway lost, its devices are offline", metadata: ["peer": "\(peer.name)", "devices": "\(lost.count)"])
        changed(lost)
        save()
    }

    // MARK: Requests of users

    /// Returns a page of an owner's devices.
    func list(_ list: DeviceList) throws -> DeviceListing {
        try DevicePage.of(devices.devices(of: list.owner), list)
    }

    /// Moves the star to a device, or takes it away.
    func star(_ star: DeviceStar) async throws {
        let key = DeviceKey(owner: star.owner, id: star.device)
        guard try await write({ try DeviceStore.star(key, on: star.on, in: $0) }) else { throw notFound(key) }
        changed(devices.star(key, on: star.on))
    }

    /// Renames a device and changes its labels; returns the changed device.
    func update(_ update: DeviceUpdate) async throws -> Device {
        try update.check()
        let key = DeviceKey(owner: update.owner, id: update.device)
        switch try await write({ try DeviceStore.update(key, update, in: $0) }) {
        case .missing: throw notFound(key)
        case .tooManyLabels(let count):
            throw Fault(
                .invalidRequest,
                "'labels' would give the device \(count) labels; at most \(DeviceUpdate.labels) are possible, so "
                    + "remove some first")
        case .updated(let name, let labels):
            if devices.update(key, name: name, labels: labels) { changed([key]) }
            log(.notice, "device renamed or labelled", key)
            guard let device = devices.device(key) else { throw notFound(key) }
            return device
        }
    }

    /// Deletes a device and closes its session.
    func delete(_ delete: DeviceDelete) async throws {
        let key = DeviceKey(owner: delete.owner, id: delete.device)
        let time = now()
        guard try await write({ try DeviceStore.delete(key, at: time, in: $0) }) else { throw notFound(key) }
        if let session = devices[key]?.session { cut(session, .deleted) }
        if devices.delete(key) { changed([key]) }
        log(.notice, "device deleted", key)
    }

    // MARK: Services

    /// Applies an announcement of a service.
    func announce(_ announce: ServiceAnnounce, by identity: Identity) throws {
        guard try services.announce(announce, by: identity) else { return }
        logger.notice(
            "service announced",
            metadata: [
                "peer": "\(identity.name)", "role": "\(identity.role)", "endpoint": "\(announce.endpoint ?? "none")",
                "partitions": "\(announce.partitions.count)",
            ])
        pumpServices()
    }

    // MARK: Watches

    /// Serves a watch of devices.
    func watch(_ owner: UserID?, _ outlet: ItemWriter) {
        let id = deviceWatchers.add(outlet, DeviceFeed(owner: owner))
        outlet.onCredit { [weak self] in self?.assumeIsolated { $0.pumpDevices(id) } }
        outlet.onClose { [weak self] in self?.assumeIsolated { $0.deviceWatchers.remove(id) } }
        pumpDevices(id)
    }

    /// Serves a watch of services.
    func watchServices(_ outlet: ItemWriter) {
        let id = serviceWatchers.add(outlet, ServiceFeed())
        outlet.onCredit { [weak self] in self?.assumeIsolated { $0.pumpServices() } }
        outlet.onClose { [weak self] in self?.assumeIsolated { $0.serviceWatchers.remove(id) } }
        pumpServices()
    }

    private func changed(_ keys: [DeviceKey]) {
        guard !keys.isEmpty else { return }
        deviceWatchers.update { $0.mark(keys) }
        for id in deviceWatchers.ids { pumpDevices(id) }
    }

    private func pumpDevices(_ id: WatcherID) {
        while let next = deviceWatchers.next(id, { $0.next(devices, incarnation: incarnation) }) {
            guard next.outlet.send(next.item) else { return }
        }
    }

    private func pumpServices() {
        for id in serviceWatchers.ids {
            while let next = serviceWatchers.next(id, { $0.next(services, incarnation: incarnation) }) {
                guard next.outlet.send(next.item) else { break }
            }
        }
    }

    // MARK: The disk

    /// Writes changes from reports in the background, one write at a time.
    func save() {
        guard saving == nil, !devices.unsaved.isEmpty else { return }
        saving = Task {
            while await saveOnce(), !devices.unsaved.isEmpty {}
            saving = nil
        }
    }

    /// Writes unsaved changes and returns once they are on disk; for the stop.
    func flush() async {
        await saving?.value
        save()
        await saving?.value
    }

    /// Returns false when the write fails; the next save tries it again.
    private func saveOnce() async -> Bool {
        let rows = devices.takeUnsaved()
        do {
            try await write { try DeviceStore.save(rows, in: $0) }
            return true
        } catch {
            devices.markUnsaved(rows.map(\.key))
            return false
        }
    }

    private func write<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        do { return try await store.write(work) } catch {
            logger.error("storage failed", metadata: ["error": "\(error)"])
            throw Fault(.storageFailed, "the registry could not write to its disk; nothing was changed, try again")
        }
    }

    private func notFound(_ key: DeviceKey) -> Fault {
        Fault(.deviceNotFound, "there is no device '\(key.id)'; 'wegent devices' lists yours")
    }

    func log(_ level: Logger.Level, _ message: Logger.Message, _ key: DeviceKey, generation: UInt64? = nil) {
        var metadata: Logger.Metadata = ["device": "\(key.id)", "owner": "\(key.owner)"]
        if let generation { metadata["generation"] = "\(generation)" }
        logger.log(level: level, message, metadata: metadata)
    }
}
