import Mesh
import Messages

/// A viewer's watch of its devices: a snapshot, then every change. When the registry is lost it begins anew with the
/// next one, and what is known until then stays as it is.
struct DeviceStream: Sendable {
    let session: ViewerSession
    let subscription: ViewerState.Subscription
    let owner: UserID

    /// Runs until it is cancelled or refused.
    func run() async throws -> EventStream.End {
        while true {
            try Task.checkCancellation()
            let version = session.directory.version
            guard let registry = session.directory.registryPeer, registry.isUp else {
                await session.directory.change(after: version, until: .now + GatewayLimits.streamLeader)
                continue
            }
            do {
                for try await changes in registry.items(DeviceWatch(owner: owner), credit: 1) {
                    try await write(changes)
                }
            } catch let fault as Fault {
                guard [.peerLost, .unavailable].contains(fault.code) else { return .failed(fault) }
            }
            try Task.checkCancellation()
            await session.directory.change(after: version, until: .now + GatewayLimits.streamPause)
        }
    }

    private func write(_ changes: DeviceChanges) async throws {
        let text = ViewerWord.devices(id: subscription.id, changes).text
        // At most one item is on its way, of 32 devices and some 300 KiB: it waits for room like everybody.
        while !session.room.take(text.readableBytes) { try await session.room.room() }
        try await session.room.turn(text.readableBytes)
        session.write([text], of: subscription, releasing: text.readableBytes)
    }
}
