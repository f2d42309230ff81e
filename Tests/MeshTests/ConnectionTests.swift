import CZeroMQ
import Messages
import TestSupport
import Testing

@testable import Mesh

/// Peers that come, go, restart and fall silent.
@Suite struct LifeTests {
    @Test(arguments: Transport.allCases)
    func aRestartBehindTheSameEndpointIsAFreshStart(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let ups = Seen<Incarnation>()
            let downs = Seen<Incarnation>()
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

    /// A listener that goes without a word, as a process does that is killed.
    @Test func aKilledListenersSuccessorIsFoundOut() async throws {
        try await withMesh(.tcp) { mesh in
            let other = Reactor(name: "killed")
            let first = try await Listener(
                "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "first"), handlers: .echoing(),
                reactor: other, timing: TestMesh.timing, logger: mesh.logger)
            let downs = Seen<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let link = mesh.dial(first.endpoint, handlers)
            _ = try await link.connected()
            await kill(first, on: other)
            _ = try await mesh.listen(.echoing(), at: first.endpoint)
            // libzmq connects again by itself; the new life does not know the dialler and says so.
            try await eventually("the death was noticed") { downs.count == 1 }
            #expect(try await link.request(Echo(text: "again"), deadline: .seconds(60)).text == "again")
            #expect(try await link.connected().identity.name == "listener")
        }
    }

    @Test func aKilledListenerIsMissedAtOnceAndNotAfterASilence() async throws {
        try await withMesh(.tcp) { mesh in
            let other = Reactor(name: "killed")
            let never = MeshTiming(ping: .seconds(3600), silence: .seconds(3600))
            let listener = try await Listener(
                "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "first"), handlers: .echoing(),
                reactor: other, timing: never, logger: mesh.logger)
            let downs = Seen<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let link = mesh.dial(listener.endpoint, handlers, timing: never)
            let peer = try await link.connected()
            await kill(listener, on: other)
            try await eventually("the loss was noticed") { downs.count == 1 }
            #expect(downs.all.first?.contains("connection was lost") == true)
            #expect(!peer.isUp)
        }
    }

    @Test func silenceIsDeathOnBothSides() async throws {
        try await withMesh(.tcp) { mesh in
            let timing = MeshTiming(ping: .milliseconds(50), silence: .milliseconds(500))
            let downs = Seen<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let listener = try await mesh.listen(handlers, timing: timing)
            let link = mesh.dial(listener, handlers, timing: MeshTiming(ping: .seconds(3600), silence: .seconds(3600)))
            _ = try await link.connected()
            // The dialler never pings, so the listener gives up on it, and says so.
            try await eventually("both have noticed") { downs.count >= 2 }
            #expect(downs.all.contains { $0.contains("nothing was heard") })
        }
    }

    @Test func aDiallerNoticesAListenerThatHangs() async throws {
        try await withMesh(.tcp) { mesh in
            let hung = try RawSocket(ZMQ_ROUTER)
            let endpoint = try hung.bind("tcp://127.0.0.1:0")
            let downs = Seen<String>()
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
            try await eventually("the silence was noticed") { downs.count == 1 }
            #expect(downs.all.first?.contains("nothing was heard") == true)
            #expect(link.peer == nil)
            hung.close()
        }
    }

    @Test func alivePeersStayUp() async throws {
        try await withMesh(.tcp) { mesh in
            let timing = MeshTiming(ping: .milliseconds(20), silence: .milliseconds(1000))
            let listener = try await mesh.listen(timing: timing)
            let peer = try await mesh.dial(listener, timing: timing).connected()
            let start = mesh.serving.counters.totalReceived
            try await eventually("there were many pings") { mesh.serving.counters.totalReceived > start + 100 }
            #expect(peer.isUp)
            #expect(listener.peers.count == 1)
        }
    }

    @Test func aLinkThatClosesSaysGoodbye() async throws {
        try await withMesh { mesh in
            let downs = Seen<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let never = MeshTiming(ping: .seconds(3600), silence: .seconds(3600))
            let listener = try await mesh.listen(handlers, timing: never)
            let link = mesh.dial(listener, timing: never)
            let peer = try await link.connected()
            #expect(listener.peer(try #require(listener.peers.first).identity.incarnation) != nil)
            await link.close()
            try await eventually("the listener knows") { downs.count == 1 }
            #expect(downs.all.first?.contains("goodbye") == true)
            #expect(listener.peers.isEmpty)
            #expect(!peer.isUp)
            let fault = await #expect(throws: Fault.self) { try await link.connected() }
            #expect(fault?.code == .peerLost)
            await link.close()
        }
    }

    @Test func theLastReplyBeforeTheEndIsNotLost() async throws {
        try await withMesh(.tcp) { mesh in
            for _ in 0..<20 {
                let other = Reactor(name: "short")
                let done = Seen<Void>()
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
                try await eventually("it was served") { done.count == 1 }
                // The reply is sent by the same job that the handler ran in, so it is on its way now.
                await other.shutdown()
                #expect(try await answer.text == "last")
                await link.close()
            }
        }
    }

    @Test func aSecondConnectionOfTheSameLifeReplacesTheFirst() async throws {
        try await withMesh(.tcp) { mesh in
            let listener = try await mesh.listen(.echoing())
            let identity = Identity(role: .tool, name: "twice")
            let downs = Seen<String>()
            var handlers = Handlers()
            handlers.onPeerDown { _, reason in downs.add(reason) }
            let first = try RawSocket(ZMQ_DEALER)
            try first.connect(listener.endpoint)
            first.greet(identity)
            let second = try RawSocket(ZMQ_DEALER)
            try second.connect(listener.endpoint)
            second.greet(identity)
            #expect(first.receive() != nil)
            #expect(second.receive() != nil)
            #expect(listener.peers.count == 1)
            first.close()
            second.close()
        }
    }

    /// Closes the listener's sockets without goodbye.
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
