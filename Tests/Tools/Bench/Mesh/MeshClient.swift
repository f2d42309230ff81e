import Logging
import Mesh
import Messages
import Synchronization

/// Our dialling end: the same loops as in `Tests/Tools/BenchC/main.c`. They run as tasks that prefer the reactor, as the
/// handlers of a service do; without that each continuation would come back through the global pool.
final class MeshClient: Sendable {
    /// The server acknowledges so many messages at a time, and the client is at most ``window`` ahead: the mesh's own
    /// queue is there for bursts, it has room for 64 MiB.
    static let stride = 1024
    private static let window = 16 * stride
    private static let warmUp = 1000

    private let reactor: Reactor
    private let link: Link
    private let marks: Marks

    init(_ endpoint: String) {
        let reactor = Reactor()
        let marks = Marks()
        var handlers = Handlers()
        handlers.onNotice(Mark.self) { mark, _ in marks.arrive(mark.count) }
        handlers.onPeerDown { _, reason in marks.fail(Unfit("the server was lost: \(reason)")) }
        self.reactor = reactor
        self.marks = marks
        link = Link(
            endpoint, identity: Identity(role: .tool, name: "bench"), handlers: handlers, reactor: reactor,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Seconds for `count` round trips, one after the other.
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

    /// Seconds until the server has `count` messages that are sent on the reactor.
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
            if number.isMultiple(of: Self.stride) { try await marks.reach(number - Self.window) }
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
        try await marks.reach(count)
        return start.duration(to: .now) / .seconds(1)
    }
}

/// How far the server has come, and who waits for that.
final class Marks: Sendable {
    private struct State {
        var count = 0
        var waiter: (count: Int, continuation: CheckedContinuation<Void, any Error>)?
    }

    private let state = Mutex(State())

    func reset() { state.withLock { $0.count = 0 } }

    /// Nothing will come any more.
    func fail(_ error: Unfit) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(throwing: error)
    }

    func arrive(_ count: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.count = count
            guard let waiter = state.waiter, waiter.count <= count else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Waits for the server to have `count`.
    nonisolated(nonsending) func reach(_ count: Int) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let there = state.withLock { state in
                if state.count < count { state.waiter = (count, continuation) }
                return state.count >= count
            }
            if there { continuation.resume() }
        }
    }
}
