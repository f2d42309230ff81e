import Executor
import Messages
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A device as a gateway sees it: a WebSocket that registers, reports, answers pings and sends its own, and redials with
/// the executor's backoff.
struct SimulatedDevice: Sendable {
    let number: Int
    let port: Int
    let token: String
    let roster: DeviceRoster

    private static let times = ExecutorTimes()

    /// Keeps the device connected until it is cancelled.
    func run() async {
        let state = DeviceState(number, roster)
        var backoff = Backoff(Self.times.backoff)
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            await connect(state)
            if state.isRegistered { backoff.reset() }
            guard !Task.isCancelled else { return }
            try? await Task.sleep(for: .seconds(backoff.next(using: &random)))
        }
    }

    /// Dials and returns when the connection has ended.
    private func connect(_ state: DeviceState) async {
        state.connect()
        let channel: any Channel
        do { channel = try await dial(state) } catch { return roster.recordFailure() }
        await withTaskCancellationHandler {
            try? await DeviceHandler.register(state, on: channel)
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func dial(_ state: DeviceState) async throws -> any Channel {
        let limit = TimeAmount.milliseconds(Int64(Self.times.handshake * 1000))
        let upgraded = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(limit)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    // The executor's timeout for the handshake, and for the registration.
                    channel.eventLoop.scheduleTask(in: limit) { if !state.isRegistered { channel.close(promise: nil) } }
                    return try prepare(channel, state)
                }
            }
        return try await upgraded.get()
    }

    private func prepare(_ channel: any Channel, _ state: DeviceState) throws -> EventLoopFuture<any Channel> {
        let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
            maxFrameSize: 1 << 20, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(DeviceHandler(state, Self.times))
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
