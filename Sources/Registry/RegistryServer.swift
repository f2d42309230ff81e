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

/// The registry as a whole: its data, its state, and the endpoint where the mesh reaches it.
public final class RegistryServer: Service {
    /// What a started one owns.
    private struct Running: Sendable {
        var lock: DataLock
        var store: Store
        var service: RegistryService
        var listener: Listener
        var saving: Task<Void, Never>
        var settling: Task<Void, Never>
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

    /// Where it is reached, with the port that was found; what was asked for until it is started.
    public var endpoint: String { running.withLock { $0?.listener.endpoint } ?? configuration.bind }

    /// Takes the data in use and listens; returns when requests are served. Without effect when it is started.
    /// - Throws: `StoreError` or `Fault`, each a sentence that names the path or the endpoint.
    public func start() async throws {
        guard running.withLock({ $0 == nil }) else { return }
        let directory = configuration.dataDirectory
        let lock = try DataLock(directory: directory, name: "registry")
        do {
            let store = try await Store(path: "\(directory)/registry.db", migrations: DeviceStore.migrations)
            do {
                let service = try await self.service(store)
                let listener = try await self.listener(service)
                let saving = Task { await Self.saveNowAndThen(service) }
                let settling = Task { [unheard = configuration.unheard] in
                    if (try? await Task.sleep(for: unheard)) != nil { await service.settle() }
                }
                running.withLock {
                    $0 = Running(
                        lock: lock, store: store, service: service, listener: listener, saving: saving,
                        settling: settling)
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

    /// Says goodbye, writes what is left and lets go of the data. Without effect when it is not started.
    public func stop() async {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        running.saving.cancel()
        running.settling.cancel()
        await running.listener.close()
        await running.service.flush()
        await running.store.close()
        running.lock.release()
    }

    /// Serves until the process is asked to stop.
    public func run() async throws {
        try await start()
        // A cancelled wait is an end like any other.
        try? await gracefulShutdown()
        await stop()
    }

    private func service(_ store: Store) async throws -> RegistryService {
        let rows = try await store.read { try DeviceStore.load($0) }
        return RegistryService(
            store: store, rows: rows, incarnation: .generate(), reactor: reactor, logger: logger)
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

    private static func saveNowAndThen(_ service: RegistryService) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: RegistryLimits.saveInterval)
            await service.save()
        }
    }
}
