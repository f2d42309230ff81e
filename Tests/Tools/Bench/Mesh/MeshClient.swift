import Logging
import Mesh
import Messages
import Synchronization

/// The mesh's dialling end, with the same loops as `Tests/Tools/BenchC/main.c`. They run as tasks that prefer the reactor,
/// as the handlers of a service do; otherwise each continuation would pass through the global pool.
final class MeshClient: Sendable {
    /// The server acknowledges this many messages at a time, and the client is at most ``window`` ahead: the mesh's own
    /// queue is for bursts and holds 64 MiB.
    static let stride = 1024
    private static let window = 16 * stride
    private static let warmUp = 1000

    private let reactor: Reactor
    private let link: Link
    private let marks: Marks

    init(_ endpoint: String) {
        let reactor = Reactor(security: .insecureLoopback)
        let marks = Marks()
        var handlers = Handlers()
        handlers.onNotice(Mark.self) { mark, _ in marks.acknowledge(mark.count) }
        handlers.onPeerDown { _, reason in marks.fail(Unfit("lost the server: \(reason)")) }
        self.reactor = reactor
        self.marks = marks
        link = Link(
            endpoint, identity: Identity(role: .tool, name: "bench"), handlers: handlers, reactor: reactor,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Returns the seconds for `count` round trips, one after the other.
    func trips(_ count: Int, size: Int) async throws -> Double {
        let peer = try await link.connected()
        let load = EchoLoad(bytes: [UInt8](repeating: 0, count: size))
        return try await Task(executorPreference: reactor) {
            for _ in 0..<Self.warmUp { _ = try await peer.request(load) }
            let start = ContinuousClock.now
            for _ in 0..<count { _ = try await peer.request(load) }
            return start.duration(to: .now) / .seconds(1)
        }.value
    }

    /// Returns the seconds until the server has `count` messages, sent on the reactor.
    func stream(_ count: Int, size: Int) async throws -> Double {
        try await Task(executorPreference: reactor) { try await self.streamFromOutside(count, size: size) }.value
    }

    /// As ``stream(_:size:)``, with the messages sent from another thread.
    func streamFromOutside(_ count: Int, size: Int) async throws -> Double {
        let peer = try await prepare(size)
        let load = OneWayLoad(bytes: [UInt8](repeating: 0, count: size))
        let start = ContinuousClock.now
        for number in 1...count {
            peer.send(load)
            if number.isMultiple(of: Self.stride) { try await marks.wait(for: number - Self.window) }
        }
        return try await finish(peer, count, start)
    }

    func end() async { await reactor.shutdown() }

    private func prepare(_ size: Int) async throws -> Peer {
        let peer = try await link.connected()
        for _ in 0..<Self.warmUp {
            _ = try await peer.request(EchoLoad(bytes: [UInt8](repeating: 0, count: size)))
        }
        marks.reset()
        return peer
    }

    private func finish(_ peer: Peer, _ count: Int, _ start: ContinuousClock.Instant) async throws -> Double {
        peer.send(Mark(0))
        try await marks.wait(for: count)
        return start.duration(to: .now) / .seconds(1)
    }
}

/// The messages that the server has acknowledged, and the caller that waits for more.
final class Marks: Sendable {
    private struct State {
        var count = 0
        var waiter: (count: Int, continuation: CheckedContinuation<Void, any Error>)?
    }

    private let state = Mutex(State())

    func reset() { state.withLock { $0.count = 0 } }

    /// Fails the waiting caller: no more acknowledgements will arrive.
    func fail(_ error: Unfit) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(throwing: error)
    }

    func acknowledge(_ count: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.count = count
            guard let waiter = state.waiter, waiter.count <= count else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Waits until the server has acknowledged `count` messages.
    nonisolated(nonsending) func wait(for count: Int) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let isReached = state.withLock { state in
                if state.count < count { state.waiter = (count, continuation) }
                return state.count >= count
            }
            if isReached { continuation.resume() }
        }
    }
}
