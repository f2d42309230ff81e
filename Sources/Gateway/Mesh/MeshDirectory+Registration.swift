import Mesh
import Messages

extension MeshDirectory {
    /// Registers a session's device.
    /// - Returns: the answer, and the registry's connection that it came from; nil when there was none.
    func register(_ message: DeviceRegister) async -> (Result<DeviceRegistered, Fault>, Peer?) {
        guard let link = registryLink, let peer = try? await link.connected(within: GatewayLimits.leader) else {
            return (.failure(Fault(.unavailable, "the registry cannot be reached at the moment; try again")), nil)
        }
        await registrations.enter()
        defer { registrations.leave() }
        return (
            await Result.fault { try await peer.request(message, deadline: GatewayLimits.request) }, peer
        )
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
