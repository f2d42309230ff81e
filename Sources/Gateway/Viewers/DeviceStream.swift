import Mesh
import Messages

/// A viewer's watch of its devices: a snapshot, then every change. When the registry is lost, the watch continues with
/// a new snapshot of the next one; until then the viewer's list stays as it is.
struct DeviceStream: Sendable {
    let directory: ServiceDirectory
    let owner: UserID
    let writer: SubscriptionWriter

    /// Runs until it is cancelled or refused.
    func run() async throws -> EventStream.End {
        while true {
            try Task.checkCancellation()
            let version = directory.version
            guard let registry = directory.registry, registry.isUp else {
                await directory.change(after: version, until: .now + GatewayLimits.streamLeader)
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
            await directory.change(after: version, until: .now + GatewayLimits.streamPause)
        }
    }

    private func write(_ changes: DeviceChanges) async throws {
        let text = ViewerMessage.devices(id: writer.id, changes).text
        // At most one item is in flight, of 32 devices and some 300 KiB; it waits for space like any batch.
        while !writer.buffer.reserve(text.readableBytes) { try await writer.buffer.waitForSpace() }
        try await writer.write([text], bytes: text.readableBytes)
    }
}
