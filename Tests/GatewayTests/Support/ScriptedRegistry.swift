import Logging
import Mesh
import Messages
import Synchronization
import TestSupport

/// A registry under a test's control, on a real socket.
final class ScriptedRegistry: Sendable {
    private struct State {
        var services: [ServiceEntry] = []
        var watchers: [ItemWriter] = []
        var revision: UInt64 = 0
        var devices: [Device] = []
        var registrations: [DeviceRegister] = []
        var gone: [DeviceGone] = []
        var updates: [DeviceUpdate] = []
        var relayed: [Header] = []
        var announced: [Peer] = []
        var fault: Fault?
        var deviceWatchers: [ItemWriter] = []
        var deviceLists = 0
    }
    private let state = Mutex(State())
    private let listener = Mutex<Listener?>(nil)
    let identity: Identity
    let endpoint: String

    /// - Parameter endpoint: The endpoint of the previous registry, for one that has restarted.
    static func open(_ reactor: Reactor, at endpoint: String = "tcp://127.0.0.1:0") async throws -> ScriptedRegistry {
        let identity = Identity(role: .registry, name: "scripted registry")
        let box = Box()
        let listener = try await Listener(
            endpoint, identity: identity, handlers: handlers(box, identity), reactor: reactor,
            logger: Logger(label: "scripted registry"))
        let registry = ScriptedRegistry(identity: identity, endpoint: listener.endpoint)
        registry.listener.withLock { $0 = listener }
        box.registry.withLock { $0 = registry }
        return registry
    }

    private init(identity: Identity, endpoint: String) {
        self.identity = identity
        self.endpoint = endpoint
    }

    /// Every registration.
    var registrations: [DeviceRegister] { state.withLock { $0.registrations } }
    /// Every `device.gone`.
    var gone: [DeviceGone] { state.withLock { $0.gone } }
    /// Every requested change of a device's name or labels.
    var updates: [DeviceUpdate] { state.withLock { $0.updates } }
    /// The number of `device.list` requests.
    var deviceLists: Int { state.withLock { $0.deviceLists } }
    /// The headers of relayed messages.
    var relayed: [Header] { state.withLock { $0.relayed } }
    /// The peers that have announced themselves.
    var announced: [Peer] { state.withLock { $0.announced } }

    /// Sets the devices that it lists.
    func set(devices: [Device]) { state.withLock { $0.devices = devices } }
    /// Refuses every request with this fault; nil = answers again.
    func set(fault: Fault?) { state.withLock { $0.fault = fault } }

    /// Sets the list of services and sends it to the watchers.
    func set(services: [ServiceEntry]) {
        let (changes, watchers) = state.withLock { state in
            state.services = services
            state.revision += 1
            return (item(state), state.watchers)
        }
        for watcher in watchers { _ = watcher.send(changes) }
    }

    /// Waits for the `number`th watch of devices.
    func deviceWatcher(_ number: Int = 1) async throws -> ItemWriter {
        try await eventually("watch \(number) of devices", within: .seconds(20)) {
            state.withLock { $0.deviceWatchers.count >= number ? $0.deviceWatchers[number - 1] : nil }
        }
    }

    func close() async { await listener.withLock { $0 }?.close() }

    private func item(_ state: State) -> ServiceChanges {
        ServiceChanges(
            incarnation: identity.incarnation, revision: state.revision, services: state.services)
    }

    private func check() throws {
        if let fault = state.withLock({ $0.fault }) { throw fault }
    }

    private final class Box: Sendable {
        let registry = Mutex<ScriptedRegistry?>(nil)
        func get() async throws -> ScriptedRegistry {
            try await eventually("the scripted registry", within: .seconds(5)) { registry.withLock { $0 } }
        }
    }

    private static func handlers(_ box: Box, _ identity: Identity) -> Handlers {
        var handlers = Handlers()
        handlers.onRequest(ServiceAnnounce.self) { _, context in
            try await box.get().state.withLock { $0.announced.append(context.peer) }
            return Done()
        }
        handlers.onSubscribe(ServiceWatch.self) { _, outlet, _ in
            guard let registry = box.registry.withLock({ $0 }) else {
                return outlet.fail(Fault(.unavailable, "not yet"))
            }
            let changes = registry.state.withLock { state in
                state.watchers.append(outlet)
                return registry.item(state)
            }
            _ = outlet.send(changes)
        }
        handlers.onRequest(DeviceRegister.self) { message, _ in
            let registry = try await box.get()
            registry.state.withLock { $0.registrations.append(message) }
            try registry.check()
            return DeviceRegistered(device: message.device, name: message.name, generation: message.generation + 1)
        }
        handlers.onSubscribe(DeviceWatch.self) { _, outlet, _ in
            box.registry.withLock { $0 }?.state.withLock { $0.deviceWatchers.append(outlet) }
        }
        handlers.onRequest(DeviceList.self) { message, _ in
            let registry = try await box.get()
            registry.state.withLock { $0.deviceLists += 1 }
            try registry.check()
            return DeviceListing(devices: registry.state.withLock { $0.devices.filter { $0.owner == message.owner } })
        }
        handlers.onRequest(DeviceStar.self) { message, _ in
            try await box.get().find(message.owner, message.device)
            return Done()
        }
        handlers.onRequest(DeviceUpdate.self) { message, _ in
            let registry = try await box.get()
            try registry.check()
            try registry.find(message.owner, message.device)
            return DeviceListing(
                devices: registry.state.withLock { state in
                    state.updates.append(message)
                    return state.devices.filter { $0.id == message.device }
                })
        }
        handlers.onRequest(DeviceDelete.self) { message, _ in
            try await box.get().find(message.owner, message.device)
            return Done()
        }
        handlers.onNotice(DeviceGone.self) { message, _ in
            box.registry.withLock { $0 }?.state.withLock { $0.gone.append(message) }
        }
        handlers.onRelay { header, _, _ in
            box.registry.withLock { $0 }?.state.withLock { $0.relayed.append(header) }
            return true
        }
        return handlers
    }

    private func find(_ owner: UserID, _ device: String) throws {
        try check()
        guard state.withLock({ $0.devices.contains { $0.owner == owner && $0.id == device } }) else {
            throw Fault(.deviceNotFound, "no device \(device)")
        }
    }
}
