import CZeroMQ
import Messages
import TestSupport
import Testing

@testable import Mesh

@Suite("Mesh connections")
struct ConnectionTests {
    @Test("A listener that restarts at the same endpoint is a new peer", arguments: Transport.allCases)
    func restart(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let ups = Recorded<Incarnation>()
            let downs = Recorded<Incarnation>()
            var handlers = Handlers()
            handlers.onPeerUp { ups.add($0.identity.incarnation) }
            handlers.onPeerDown { peer, _ in downs.add(peer.identity.incarnation) }

            let first = try await mesh.listen(.echoing())
            let link = mesh.dial(first, handlers)
            let before = try await link.connected()
            let pending = Task { try await before.request(Echo(text: "never"), deadline: .seconds(600)) }
            try await eventually("the request is pending") { await pendingRequests(before) > 0 }
            await first.close()
            let fault = await #expect(throws: Fault.self) { try await pending.value }
            #expect(fault?.code == .peerLost)
            #expect(!before.isUp)

            let second = try await mesh.listen(.echoing(), at: first.endpoint)
            #expect(second.endpoint == first.endpoint)
            #expect(try await link.request(Echo(text: "again"), deadline: .seconds(60)).text == "again")
            let after = try await link.connected()
            #expect(after != before)
            #expect(ups.all == [before.identity.incarnation, after.identity.incarnation])
            #expect(downs.all == [before.identity.incarnation])
            await #expect(throws: Fault.self) { try await before.request(Echo(text: "dead")) }
        }
    }

    @Test("A killed listener's successor at the same endpoint is detected")
    func killedAndReplaced() async throws {
        try await withMesh(.tcp) { mesh in
            let other = Reactor(name: "killed", security: .insecureLoopback)
            let first = try await Listener(
                "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "first"), handlers: .echoing(),
                reactor: other, timing: TestMesh.timing, logger: mesh.logger)
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let link = mesh.dial(first.endpoint, handlers)
            _ = try await link.connected()
            await kill(first, on: other)
            _ = try await mesh.listen(.echoing(), at: first.endpoint)
            // libzmq reconnects by itself; the new listener does not know the connection and sends a bye.
            try await eventually("the loss is reported") { downs.count == 1 }
            #expect(try await link.request(Echo(text: "again"), deadline: .seconds(60)).text == "again")
            #expect(try await link.connected().identity.name == "listener")
        }
    }

    @Test("A killed listener is detected at once, not after the silence")
    func killed() async throws {
        try await withMesh(.tcp) { mesh in
            let other = Reactor(name: "killed", security: .insecureLoopback)
            let never = MeshTiming(ping: .seconds(3600), silence: .seconds(3600))
            let listener = try await Listener(
                "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "first"), handlers: .echoing(),
                reactor: other, timing: never, logger: mesh.logger)
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let link = mesh.dial(listener.endpoint, handlers, timing: never)
            let peer = try await link.connected()
            await kill(listener, on: other)
            try await eventually("the loss is reported") { downs.count == 1 }
            #expect(downs.all.first?.contains("disconnected") == true)
            #expect(!peer.isUp)
        }
    }

    @Test("A silent peer is disconnected on both sides")
    func silence() async throws {
        try await withMesh(.tcp) { mesh in
            let timing = MeshTiming(ping: .milliseconds(50), silence: .milliseconds(500))
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let listener = try await mesh.listen(handlers, timing: timing)
            let link = mesh.dial(listener, handlers, timing: MeshTiming(ping: .seconds(3600), silence: .seconds(3600)))
            _ = try await link.connected()
            // The link never pings, so the listener disconnects it and sends a bye.
            try await eventually("both sides report the loss") { downs.count >= 2 }
            #expect(downs.all.contains { $0.contains("nothing received") })
        }
    }

    @Test("A link detects a listener that hangs")
    func hungListener() async throws {
        try await withMesh(.tcp) { mesh in
            let hung = try RawSocket(ZMQ_ROUTER)
            let endpoint = try hung.bind("tcp://127.0.0.1:0")
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let timing = MeshTiming(ping: .milliseconds(50), silence: .milliseconds(500))
            let link = mesh.dial(endpoint, handlers, timing: timing)
            let hello = try #require(hung.receive())
            let header = try Header.split(hello[1]).header
            let reply = HelloReply(version: 1, role: .registry, name: "hung", incarnation: .generate())
            hung.send([
                hello[0], Header(.reply, type: HelloReply.type, correlation: header.correlation).encoded(),
                try Wire.encode(reply),
            ])
            let peer = try await link.connected()
            #expect(peer.identity.name == "hung")
            try await eventually("the silence is reported") { downs.count == 1 }
            #expect(downs.all.first?.contains("nothing received") == true)
            #expect(link.peer == nil)
            hung.close()
        }
    }

    @Test("A peer that answers pings stays up")
    func healthy() async throws {
        try await withMesh(.tcp) { mesh in
            let timing = MeshTiming(ping: .milliseconds(20), silence: .milliseconds(1000))
            let listener = try await mesh.listen(timing: timing)
            let peer = try await mesh.dial(listener, timing: timing).connected()
            let start = mesh.serving.counters.totalReceived
            try await eventually("many pings are received") { mesh.serving.counters.totalReceived > start + 100 }
            #expect(peer.isUp)
            #expect(listener.peers.count == 1)
        }
    }

    @Test("A link that closes sends a bye")
    func close() async throws {
        try await withMesh { mesh in
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let never = MeshTiming(ping: .seconds(3600), silence: .seconds(3600))
            let listener = try await mesh.listen(handlers, timing: never)
            let link = mesh.dial(listener, timing: never)
            let peer = try await link.connected()
            #expect(listener.peer(try #require(listener.peers.first).identity.incarnation) != nil)
            await link.close()
            try await eventually("the listener reports the loss") { downs.count == 1 }
            #expect(downs.all.first?.contains("goodbye") == true)
            #expect(listener.peers.isEmpty)
            #expect(!peer.isUp)
            let fault = await #expect(throws: Fault.self) { try await link.connected() }
            #expect(fault?.code == .peerLost)
            await link.close()
        }
    }

    @Test("A reply sent right before the shutdown arrives")
    func lastReply() async throws {
        try await withMesh(.tcp) { mesh in
            for _ in 0..<20 {
                let other = Reactor(name: "short", security: .insecureLoopback)
                let done = Recorded<Void>()
                var handlers = Handlers()
                handlers.onRequest(Echo.self) { echo, _ in
                    done.add(())
                    return echo
                }
                let listener = try await Listener(
                    "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "short"), handlers: handlers,
                    reactor: other, logger: mesh.logger)
                let link = mesh.dial(listener.endpoint)
                let peer = try await link.connected()
                async let answer = peer.request(Echo(text: "last"))
                try await eventually("the request is served") { done.count == 1 }
                // The handler's job sends the reply too, so it is queued in libzmq now.
                await other.shutdown()
                #expect(try await answer.text == "last")
                await link.close()
            }
        }
    }

    @Test("A second connection of the same incarnation replaces the first")
    func replacedConnection() async throws {
        try await withMesh(.tcp) { mesh in
            let listener = try await mesh.listen(.echoing())
            let identity = Identity(role: .tool, name: "twice")
            let downs = Recorded<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let first = try RawSocket(ZMQ_DEALER)
            try first.connect(listener.endpoint)
            first.sendHello(identity)
            let second = try RawSocket(ZMQ_DEALER)
            try second.connect(listener.endpoint)
            second.sendHello(identity)
            #expect(first.receive() != nil)
            #expect(second.receive() != nil)
            #expect(listener.peers.count == 1)
            first.close()
            second.close()
        }
    }

    /// Closes the listener's sockets without a bye, as the death of a process does.
    private func kill(_ listener: Listener, on reactor: Reactor) async {
        await withCheckedContinuation { continuation in
            reactor.post {
                for member in reactor.members {
                    member.socket?.unbind()
                    member.socket?.close(linger: .zero)
                }
                continuation.resume()
            }
        }
        await reactor.shutdown()
    }
}
