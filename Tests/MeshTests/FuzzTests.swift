import CZeroMQ
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

/// A listener under a hundred thousand damaged messages.
@Suite struct FuzzTests {
    private static let rounds = 100_000

    @Test func damagedMessagesAreCountedAndTheOthersAreServed() async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("mesh fuzz seed \(seed)")
        try await withMesh(.tcp) { mesh in
            let listener = try await mesh.listen(Self.handlers())
            let link = mesh.dial(listener)
            let healthy = try await link.connected()
            let stop = Atomic(false)
            let served = Task {
                var count = 0
                while !stop.load(ordering: .relaxed) {
                    _ = try await healthy.request(Echo(text: "\(count)"), deadline: .seconds(30))
                    count += 1
                }
                return count
            }
            let sent = try await Self.attack(listener.endpoint, seed: seed)
            stop.store(true, ordering: .relaxed)
            #expect(try await served.value > 0)
            #expect(healthy.isUp)
            // Double entry: all that came in was either acted upon or dropped for a reason.
            let counters = mesh.serving.counters
            try await eventually("all is counted (seed \(seed))") {
                let (received, taken) = await Self.read(mesh.serving)
                let dropped = counters.totalDropped.filter { ![.peerLost, .slowPeer].contains($0.key) }
                guard received >= sent, received == taken + dropped.values.reduce(0, +) else {
                    throw Overdue("\(sent) sent, \(received) received, \(taken) taken, \(dropped)", after: .zero)
                }
                return true
            }
            print("mesh fuzz \(sent) sent, dropped \(counters.totalDropped)")
        }
    }

    /// Received and acted upon, read together.
    private static func read(_ reactor: Reactor) async -> (received: Int, taken: Int) {
        await withCheckedContinuation { continuation in
            reactor.post {
                continuation.resume(returning: (reactor.counters.totalReceived, reactor.counters.taken))
            }
        }
    }

    private static func handlers() -> Handlers {
        var handlers = Handlers()
        handlers.onRequest(Echo.self) { echo, _ in echo }
        handlers.onNotice(Count.self) { _, _ in }
        handlers.onNotice(EventsAppend.self) { _, _ in }
        // Some of the damage is to the credit, which may be billions: a server sends what it has, no more.
        handlers.onSubscribe(Counting.self) { counting, outlet, _ in
            outlet.onCredit { [weak outlet] in for _ in 0..<10 where outlet?.send(Count(number: 1)) == false { break } }
            for number in 0..<10 where !outlet.send(Count(number: number)) { break }
        }
        handlers.onRelay { header, _, _ in header.session % 2 == 1 }
        return handlers
    }

    /// Sends the damaged messages from a thread of its own, reading what comes back; returns how many were sent.
    private static func attack(_ endpoint: String, seed: UInt64) async throws -> Int {
        try await Task.detached {
            let raw = try RawSocket(ZMQ_DEALER)
            defer { raw.close() }
            try raw.connect(endpoint)
            var mutator = Mutator(seed: seed)
            var sent = 0
            for round in 0..<rounds {
                if round % 100 == 0 {
                    // It may have said goodbye or something else that ends it: start again.
                    raw.greet(Identity(role: .tool, name: "fuzz"))
                    sent += 1
                }
                guard raw.send(mutator.next()) else { break }
                sent += 1
                while raw.receive(wait: false) != nil {}
            }
            // The last answer tells that all before it was received; without it, closing would cut off what is on its way.
            raw.greet(Identity(role: .tool, name: "fuzz"), correlation: .max)
            sent += 1
            while let parts = raw.receive() {
                if let header = try? Header.split(parts[0]).header, header.correlation == .max { break }
            }
            return sent
        }.value
    }
}
