import Executor
import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A device as a gateway sees it: a WebSocket that registers, reports, answers pings and sends its own, and dials again
/// with the executor's own pauses.
struct SimulatedDevice: Sendable {
    let number: Int
    let port: Int
    let token: String
    let roll: DeviceRoll

    private static let times = ExecutorTimes()

    /// Keeps the device connected until it is cancelled.
    func run() async {
        let life = DeviceLife(number, roll)
        var backoff = Backoff(Self.times.backoff)
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            await stay(life)
            if life.isRegistered { backoff.reset() }
            guard !Task.isCancelled else { return }
            try? await Task.sleep(for: .seconds(backoff.next(using: &random)))
        }
    }

    /// Dials and stays until the connection ends.
    private func stay(_ life: DeviceLife) async {
        life.begin()
        let channel: any Channel
        do { channel = try await dial(life) } catch { return roll.refuse() }
        await withTaskCancellationHandler {
            try? await DeviceHandler.register(life, on: channel)
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func dial(_ life: DeviceLife) async throws -> any Channel {
        let limit = TimeAmount.milliseconds(Int64(Self.times.handshake * 1000))
        let upgraded = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(limit)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    // An executor gives the handshake and the registration as long, each.
                    channel.eventLoop.scheduleTask(in: limit) { if !life.isRegistered { channel.close(promise: nil) } }
                    return try prepare(channel, life)
                }
            }
        return try await upgraded.get()
    }

    private func prepare(_ channel: any Channel, _ life: DeviceLife) throws -> EventLoopFuture<any Channel> {
        let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
            maxFrameSize: 1 << 20, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(DeviceHandler(life, Self.times))
                return channel
            }
        }
        let headers: HTTPHeaders = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer \(token)"]
        let configuration = NIOTypedHTTPClientUpgradeConfiguration<any Channel>(
            upgradeRequestHead: .init(version: .http1_1, method: .GET, uri: "/executor", headers: headers),
            upgraders: [upgrader]
        ) { channel in
            channel.eventLoop.makeFailedFuture(Unfit("the upgrade was refused"))
        }
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: .init(upgradeConfiguration: configuration))
    }
}
