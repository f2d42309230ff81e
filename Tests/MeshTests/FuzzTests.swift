import CZeroMQ
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

@Suite("A listener under 100,000 damaged messages")
struct FuzzTests {
    private static let rounds = 100_000

    @Test("Damaged messages are counted, and a healthy peer is still served")
    func damagedMessages() async throws {
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
            // Double-entry check: each received message was either processed or dropped for a reason.
            let counters = mesh.serving.counters
            try await eventually("every message is counted (seed \(seed))") {
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

    /// Returns the received and the processed messages, read at the same time.
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
        // Damaged credit may be billions, so the server sends at most 10 items for each grant.
        handlers.onSubscribe(Counting.self) { counting, writer, _ in
            writer.onCredit { [weak writer] in for _ in 0..<10 where writer?.send(Count(number: 1)) == false { break } }
            for number in 0..<10 where !writer.send(Count(number: number)) { break }
        }
        handlers.onRelay { header, _, _ in header.session % 2 == 1 }
        return handlers
    }

    /// Sends damaged messages from a detached task and discards the answers; returns how many it sent.
    private static func attack(_ endpoint: String, seed: UInt64) async throws -> Int {
        try await Task.detached {
            let raw = try RawSocket(ZMQ_DEALER)
            defer { raw.close() }
            try raw.connect(endpoint)
            var mutator = Mutator(seed: seed)
            var sent = 0
            for round in 0..<rounds {
                if round % 100 == 0 {
                    // A damaged message may have been a bye or another reason to disconnect: connect again.
                    raw.sendHello(Identity(role: .tool, name: "fuzz"))
                    sent += 1
                }
                guard raw.send(mutator.next()) else { break }
                sent += 1
                while raw.receive(wait: false) != nil {}
            }
            // The last reply proves that every earlier message was received; closing before it could drop some.
            raw.sendHello(Identity(role: .tool, name: "fuzz"), correlation: .max)
            sent += 1
            while let parts = raw.receive() {
                if let header = try? Header.split(parts[0]).header, header.correlation == .max { break }
            }
            return sent
        }.value
    }
}
