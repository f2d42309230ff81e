import Launch
import Mesh
import Messages

/// Registers sessions' devices at the registry, ``GatewayLimits/registrationsAtOnce`` at a time, so that all sessions
/// of a gateway do not register in the same moment after the registry was away.
final class DeviceRegistrar: Sendable {
    /// The result of one registration.
    struct Outcome: Sendable {
        var result: Result<DeviceRegistered, Fault>
        /// The registry's connection that was asked; nil when there was none.
        var registry: Peer?
        /// Whether the registry was not connected or was lost before it answered.
        var isAway: Bool
    }

    private let directory: ServiceDirectory
    private let semaphore = AsyncSemaphore(GatewayLimits.registrationsAtOnce)

    init(directory: ServiceDirectory) { self.directory = directory }

    /// Registers a device.
    func register(_ message: DeviceRegister) async -> Outcome {
        guard let peer = await directory.registry(within: GatewayLimits.admission) else {
            let fault = Fault(.unavailable, "the registry cannot be reached at the moment; try again")
            return Outcome(result: .failure(fault), registry: nil, isAway: true)
        }
        let result = await Result.fault {
            // A registration that waits for another gateway gives its permit to the next one.
            try await semaphore.withPermit(atMost: GatewayLimits.registrationPermit) {
                try await peer.request(message, deadline: GatewayLimits.request)
            }
        }
        var isAway = false
        if case .failure(let fault) = result { isAway = fault.code == .peerLost && !peer.isUp }
        return Outcome(result: result, registry: peer, isAway: isAway)
    }
}

extension Result where Success: Sendable, Failure == Fault {
    /// What `body` returns or throws; any error other than a ``Fault`` counts as a defect.
    static func fault(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch {
            return .failure(error as? Fault ?? Fault(.internalError, "\(error)"))
        }
    }
}
