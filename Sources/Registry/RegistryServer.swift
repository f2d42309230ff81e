import Logging
import Mesh
import Messages
import ServiceLifecycle
import Storage
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A registry: opens its data, listens on the mesh, stops. Owns the lock, the store, the service and the listener.
public final class RegistryServer: Service {
    /// The parts of a started registry.
    private struct Running: Sendable {
        var lock: DataLock
        var store: Store
        var service: RegistryService
        var listener: Listener
        var saving: Task<Void, Never>
        var startGrace: Task<Void, Never>
    }

    private let configuration: RegistryConfiguration
    private let reactor: Reactor
    private let logger: Logger
    private let running = Mutex<Running?>(nil)

    public init(_ configuration: RegistryConfiguration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
    }

    /// Its endpoint with the port that was bound; before the start, the configured one.
    public var endpoint: String { running.withLock { $0?.listener.endpoint } ?? configuration.bind }

    /// Opens the data and listens; returns when it serves requests. Does nothing when it is started already.
    /// - Throws: `StoreError` or `Fault`, each a sentence with the path or the endpoint.
    public func start() async throws {
        guard running.withLock({ $0 == nil }) else { return }
        let directory = configuration.dataDirectory
        let lock = try DataLock(directory: directory, name: "registry")
        do {
            let store = try await Store(path: "\(directory)/registry.db", migrations: DeviceStore.migrations)
            do {
                let service = try await self.service(store)
                let listener = try await self.listener(service)
                let saving = Task { await Self.savePeriodically(service) }
                let startGrace = Task { [duration = configuration.startGrace] in
                    if (try? await Task.sleep(for: duration)) != nil { await service.endStartGrace() }
                }
                running.withLock {
                    $0 = Running(
                        lock: lock, store: store, service: service, listener: listener, saving: saving,
                        startGrace: startGrace)
                }
            } catch {
                await store.close()
                throw error
            }
        } catch {
            lock.release()
            throw error
        }
    }

    /// Closes the listener with a `bye` to its peers, writes unsaved changes and closes the data. Does nothing when it is
    /// not started.
    public func stop() async {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        running.saving.cancel()
        running.startGrace.cancel()
        await running.listener.close()
        await running.service.flush()
        await running.store.close()
        running.lock.release()
    }

    /// Serves until the process is asked to stop.
    public func run() async throws {
        try await start()
        // A cancelled wait ends it like a shutdown.
        try? await gracefulShutdown()
        await stop()
    }

    /// The service while it runs, for tests.
    var service: RegistryService? { running.withLock { $0?.service } }

    private func service(_ store: Store) async throws -> RegistryService {
        let rows = try await store.read { try DeviceStore.load($0) }
        return RegistryService(
            store: store, rows: rows, userDevices: configuration.userDevices, incarnation: .generate(),
            reactor: reactor,
            logger: logger)
    }

    private func listener(_ service: RegistryService) async throws -> Listener {
        let process = ProcessInfo.processInfo
        let identity = Identity(
            role: .registry, name: "registry \(process.hostName)/\(process.processIdentifier)",
            incarnation: service.incarnation)
        return try await Listener(
            configuration.bind, identity: identity, handlers: RegistryHandlers.make(service), reactor: reactor,
            logger: logger)
    }

    private static func savePeriodically(_ service: RegistryService) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: RegistryLimits.saveInterval)
            await service.save()
        }
    }
}
