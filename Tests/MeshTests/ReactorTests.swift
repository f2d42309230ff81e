import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

/// An actor on a reactor, as services are.
private actor Resident {
    private let reactor: Reactor
    private var numbers: [Int] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(on reactor: Reactor) { self.reactor = reactor }

    func add(_ number: Int) { numbers.append(number) }
    var all: [Int] { numbers }
    var isOnReactor: Bool { reactor.isCurrent }

    /// Sends a request from the reactor; returns whether the caller is on its thread afterwards.
    func request(_ peer: Peer) async throws -> Bool {
        _ = try await peer.request(Echo(text: "inside"))
        return reactor.isCurrent
    }
}

@Suite("Reactor")
struct ReactorTests {
    @Test("An actor runs on the reactor's thread")
    func actor() async throws {
        let reactor = Reactor()
        let resident = Resident(on: reactor)
        #expect(await resident.isOnReactor)
        #expect(!reactor.isCurrent)
        await reactor.shutdown()
    }

    @Test("A task that prefers the reactor stays on its thread")
    func task() async throws {
        let reactor = Reactor()
        let task = Task(executorPreference: reactor) {
            let before = reactor.isCurrent
            await Task.yield()
            return before && reactor.isCurrent
        }
        #expect(await task.value)
        await reactor.shutdown()
    }

    @Test("Callbacks may assume the isolation of an actor on the reactor")
    func assumeIsolated() async throws {
        try await withMesh { mesh in
            let resident = Resident(on: mesh.serving)
            var handlers = Handlers.echoing()
            handlers.onNotice(Count.self) { count, _ in resident.assumeIsolated { $0.addNow(count.number) } }
            handlers.onPeerUp { _ in resident.assumeIsolated { $0.addNow(-1) } }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            for number in 0..<100 { peer.send(Count(number: number)) }
            _ = try await link.request(Echo(text: "after"))
            #expect(await resident.all == [-1] + Array(0..<100))
        }
    }

    @Test("A request from an actor on the reactor returns to its thread")
    func requestFromActor() async throws {
        try await withMesh { mesh in
            let listener = try await mesh.listen(.echoing())
            let resident = Resident(on: mesh.dialling)
            let peer = try await mesh.dial(listener).connected()
            #expect(try await resident.request(peer))
        }
    }

    @Test("Posted work keeps its order")
    func order() async throws {
        let reactor = Reactor()
        let seen = Recorded<Int>()
        for number in 0..<10_000 { reactor.post { seen.add(number) } }
        await reactor.shutdown()
        #expect(seen.all == Array(0..<10_000))
    }

    @Test("After the shutdown nothing crashes or hangs")
    func afterShutdown() async throws {
        let mesh = try TestMesh(.tcp)
        let listener = try await mesh.listen(.echoing())
        let link = mesh.dial(listener)
        let peer = try await link.connected()
        let resident = Resident(on: mesh.dialling)
        await mesh.end()
        await mesh.end()

        mesh.dialling.post { Issue.record("work posted after the shutdown ran") }
        #expect(!peer.isUp)
        peer.send(Count(number: 1))
        var fault = await #expect(throws: Fault.self) { try await peer.request(Echo(text: "x")) }
        #expect(fault?.code == .peerLost)
        fault = await #expect(throws: Fault.self) { try await link.connected() }
        #expect(fault?.code == .peerLost)
        fault = await #expect(throws: Fault.self) { try await mesh.dial(listener.endpoint).connected() }
        #expect(fault?.code == .peerLost)
        fault = await #expect(throws: Fault.self) { try await mesh.listen() }
        #expect(fault?.code == .unavailable)
        let ends = Recorded<Fault?>()
        let subscription = peer.subscribe(Counting(from: 0)) { _ in
        } onEnd: {
            ends.add($0)
        }
        subscription.grant(1)
        subscription.cancel()
        #expect(ends.count == 1)
        await #expect(throws: Fault.self) { for try await _ in peer.items(Counting(from: 0)) {} }
        await listener.close()
        await link.close()
        // An actor's job still runs: otherwise its caller would hang.
        await resident.add(1)
        #expect(await resident.all == [1])
    }

    @Test("50 reactors start and shut down")
    func manyReactors() async throws {
        for _ in 0..<50 {
            let reactor = Reactor(name: "short")
            weak let gone = reactor
            _ = gone
            await reactor.shutdown(linger: .zero)
        }
    }
}

extension Resident {
    /// ``add(_:)`` for callbacks on the reactor.
    func addNow(_ number: Int) { add(number) }
}
