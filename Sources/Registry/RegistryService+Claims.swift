import Mesh
import Messages

/// Decides which executor gets a device id when two register with it.
extension RegistryService {
    /// Mints a registration under the id that the executor gets: the one it asks for, unless another connected executor
    /// has it. There is no suspension between the last check of the table and the minting.
    func claim(
        _ wanted: DeviceKey, for register: DeviceRegister, on route: Route
    ) async throws -> DeviceRegistration {
        let end = ContinuousClock.now + RegistryLimits.claim
        var key = wanted
        var tried: Set<DeviceKey> = []
        while ContinuousClock.now < end {
            switch devices.claim(key, by: register.boot) {
            case .free:
                try checkRoom(for: key)
                return devices.mint(register, key: key, route: route, at: now())
            case .contested(let session):
                let alive = await isAlive(session)
                // During the probe the session may have ended, or another registration may have arrived: check again.
                guard case .contested(let same) = devices.claim(key, by: register.boot),
                    same.generation == session.generation
                else { continue }
                guard alive else { return devices.mint(register, key: key, route: route, at: now()) }
                log(.warning, "two machines have one device id", key, generation: session.generation)
                tried.insert(key)
                key = devices.alternative(
                    for: key, boot: register.boot, hostname: register.platform.hostname, tried: tried)
            // It opens a session soon, which can be probed.
            case .registering: try await Task.sleep(for: RegistryLimits.claimRetry)
            }
        }
        throw Fault(.unavailable, "several machines register device \(wanted.id) at once; try again")
    }

    /// - Throws: ``Fault`` `device_limit` when the owner has as many devices as are allowed, and this would be another one.
    private func checkRoom(for key: DeviceKey) throws {
        guard devices.isFull(for: key, limit: userDevices) else { return }
        throw Fault(
            .deviceLimit,
            "you have \(userDevices) devices, as many as this server allows; delete one with `wegent devices delete`")
    }

    /// Returns whether a session's executor answers its gateway's ping.
    private func isAlive(_ session: DeviceSession) async -> Bool {
        guard let gateway = gateways[session.route.gateway], gateway.isUp else { return false }
        let probe = SessionProbe(session: session.route.session)
        return (try? await gateway.request(probe, deadline: RegistryLimits.probe))?.alive ?? false
    }

    /// Asks the gateway of a session to close it.
    func cut(_ session: DeviceSession, _ cause: CutCause) {
        gateways[session.route.gateway]?.send(SessionCut(session: session.route.session, cause: cause))
    }
}
