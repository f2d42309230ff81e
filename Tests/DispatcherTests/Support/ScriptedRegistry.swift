import Logging
import Mesh
import Messages
import Synchronization

/// A registry that takes announcements and serves the watch of the devices that a test sets.
final class ScriptedRegistry: Sendable {
    private struct State {
        var devices: [Device] = []
        var outlets: [ItemWriter] = []
        var announced: [ServiceAnnounce] = []
        var revision: UInt64 = 1
    }

    private final class Core: Sendable {
        let state = Mutex(State())
        let incarnation = Incarnation.generate()

        func changes(snapshot: Bool, _ devices: [Device], removed: [RemovedDevice] = []) -> DeviceChanges {
            DeviceChanges(
                incarnation: incarnation, revision: state.withLock { $0.revision }, snapshot: snapshot, more: false,
                devices: devices, removed: removed)
        }
    }

    private let core: Core
    private let listener: Listener

    init(_ reactor: Reactor, devices: [Device], endpoint: String = "inproc://registry-\(BootID.generate())")
        async throws
    {
        let core = Core()
        core.state.withLock { $0.devices = devices }
        var handlers = Handlers()
        handlers.onRequest(ServiceAnnounce.self) { announce, _ in
            core.state.withLock { $0.announced.append(announce) }
            return Done()
        }
        handlers.onSubscribe(DeviceWatch.self) { _, outlet, _ in
            _ = outlet.send(core.changes(snapshot: true, core.state.withLock { $0.devices }))
            core.state.withLock { $0.outlets.append(outlet) }
        }
        self.core = core
        listener = try await Listener(
            endpoint, identity: Identity(role: .registry, name: "scripted"), handlers: handlers, reactor: reactor,
            logger: Logger(label: "registry"))
    }

    var endpoint: String { listener.endpoint }
    var announced: [ServiceAnnounce] { core.state.withLock { $0.announced } }

    /// Adds or changes a device.
    func put(_ device: Device) {
        let outlets = core.state.withLock { state in
            state.revision += 1
            state.devices.removeAll { $0.id == device.id && $0.owner == device.owner }
            state.devices.append(device)
            return state.outlets
        }
        for outlet in outlets { _ = outlet.send(core.changes(snapshot: false, [device])) }
    }

    /// Deletes a device.
    func remove(_ id: String, owner: UserID) {
        let outlets = core.state.withLock { state in
            state.revision += 1
            state.devices.removeAll { $0.id == id && $0.owner == owner }
            return state.outlets
        }
        for outlet in outlets {
            _ = outlet.send(core.changes(snapshot: false, [], removed: [RemovedDevice(owner: owner, id: id)]))
        }
    }

    func close() async { await listener.close() }
}
