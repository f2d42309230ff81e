import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

/// An actor that lives on a reactor, as services do.
private actor Resident {
    private let reactor: Reactor
    private var numbers: [Int] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(on reactor: Reactor) { self.reactor = reactor }

    func add(_ number: Int) { numbers.append(number) }
    var all: [Int] { numbers }
    var isOnReactor: Bool { reactor.isCurrent }

    /// Asks from inside, and tells whether it stayed on the thread.
    func ask(_ peer: Peer) async throws -> Bool {
        _ = try await peer.request(Echo(text: "inside"))
        return reactor.isCurrent
    }
}

/// The thread as an executor.
@Suite struct ReactorTests {
    @Test func actorsRunOnIt() async throws {
        let reactor = Reactor()
        let resident = Resident(on: reactor)
        #expect(await resident.isOnReactor)
        #expect(!reactor.isCurrent)
        await reactor.shutdown()
    }

    @Test func tasksPreferIt() async throws {
        let reactor = Reactor()
        let task = Task(executorPreference: reactor) {
            let before = reactor.isCurrent
            await Task.yield()
            return before && reactor.isCurrent
        }
        #expect(await task.value)
        await reactor.shutdown()
    }

    @Test func callbacksMayAssumeIsolation() async throws {
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

    @Test func askingFromInsideStaysInside() async throws {
        try await withMesh { mesh in
            let listener = try await mesh.listen(.echoing())
            let resident = Resident(on: mesh.dialling)
            let peer = try await mesh.dial(listener).connected()
            #expect(try await resident.ask(peer))
        }
    }

    @Test func postsKeepTheirOrder() async throws {
        let reactor = Reactor()
        let seen = Seen<Int>()
        for number in 0..<10_000 { reactor.post { seen.add(number) } }
        await reactor.shutdown()
        #expect(seen.all == Array(0..<10_000))
    }

    @Test func nothingAfterTheEndCrashesOrHangs() async throws {
        let mesh = try TestMesh(.tcp)
        let listener = try await mesh.listen(.echoing())
        let link = mesh.dial(listener)
        let peer = try await link.connected()
        let resident = Resident(on: mesh.dialling)
        await mesh.end()
        await mesh.end()

        mesh.dialling.post { Issue.record("a post after the end ran") }
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
        let ends = Seen<Fault?>()
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
        // An actor's job still runs, else whoever waits for it would hang.
        await resident.add(1)
        #expect(await resident.all == [1])
    }

    @Test func aStartAndAnEndLeaveNoThreadBehind() async throws {
        for _ in 0..<50 {
            let reactor = Reactor(name: "short")
            weak let gone = reactor
            _ = gone
            await reactor.shutdown(linger: .zero)
        }
    }
}

extension Resident {
    /// ``add(_:)`` for callbacks that are on the reactor already.
    func addNow(_ number: Int) { add(number) }
}
