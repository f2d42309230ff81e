import Mesh
import Messages

extension MeshDirectory {
    /// What became of a registration.
    struct Registration: Sendable {
        var result: Result<DeviceRegistered, Fault>
        /// The registry's connection that was asked; nil when there was none.
        var registry: Peer?
        /// Whether the registry was lost or not there, so that it has said nothing.
        var isAway: Bool
    }

    /// Registers a session's device.
    func register(_ message: DeviceRegister) async -> Registration {
        guard let link = registryLink, let peer = try? await link.connected(within: GatewayLimits.admission) else {
            let fault = Fault(.unavailable, "the registry cannot be reached at the moment; try again")
            return Registration(result: .failure(fault), registry: nil, isAway: true)
        }
        let place = await registrations.place(for: GatewayLimits.registrationPlace)
        defer { place.leave() }
        let result = await Result.fault { try await peer.request(message, deadline: GatewayLimits.request) }
        var isAway = false
        if case .failure(let fault) = result { isAway = fault.code == .peerLost && !peer.isUp }
        return Registration(result: result, registry: peer, isAway: isAway)
    }
}

extension Result where Success: Sendable, Failure == Fault {
    /// What `body` returns or throws; anything but a ``Fault`` counts as a defect.
    static func fault(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch {
            return .failure(error as? Fault ?? Fault(.internalError, "\(error)"))
        }
    }
}
