import Mesh
import Messages

/// Who may have a device, where two executors ask for one id.
extension RegistryService {
    /// Mints a registration under the id that the executor gets: the one it asks for, unless another living executor has
    /// it. Between the last look at the table and the minting nothing else runs here.
    func claim(
        _ wanted: DeviceKey, for register: DeviceRegister, on route: Route
    ) async throws -> DeviceRegistration {
        let end = ContinuousClock.now + RegistryLimits.claim
        var key = wanted
        var tried: Set<DeviceKey> = []
        while ContinuousClock.now < end {
            switch devices.claim(key, by: register.boot) {
            case .free: return devices.mint(register, key: key, route: route, at: now())
            case .contested(let session):
                let alive = await isAlive(session)
                // Meanwhile the session may have ended, or another registration have come: then all is open again.
                guard case .contested(let same) = devices.claim(key, by: register.boot),
                    same.generation == session.generation
                else { continue }
                guard alive else { return devices.mint(register, key: key, route: route, at: now()) }
                log(.warning, "two machines have one device id", key, generation: session.generation)
                tried.insert(key)
                key = devices.spare(
                    for: key, boot: register.boot, hostname: register.platform.hostname, tried: tried)
            // It has a session in a moment, which can be asked.
            case .taken: try await Task.sleep(for: RegistryLimits.arrival)
            }
        }
        throw Fault(.unavailable, "device \(wanted.id) is being registered by many at once; try again")
    }

    /// Whether a session's executor answers its gateway's ping.
    private func isAlive(_ session: DeviceSession) async -> Bool {
        guard let gateway = gateways[session.route.gateway], gateway.isUp else { return false }
        let probe = SessionProbe(session: session.route.session)
        return (try? await gateway.request(probe, deadline: RegistryLimits.probe))?.alive ?? false
    }

    /// Tells the gateway of a session that it is over.
    func cut(_ session: DeviceSession, _ cause: CutCause) {
        gateways[session.route.gateway]?.send(SessionCut(session: session.route.session, cause: cause))
    }
}
