import CZeroMQ
import Messages
import TestSupport
import Testing

@testable import Mesh

@Suite("Protocol violations")
struct RefusalTests {
    private static let identity = Identity(role: .tool, name: "raw")

    /// Runs `body` with a raw DEALER, then checks that a healthy peer is still served.
    private func refusing(_ body: (RawSocket, TestMesh) throws -> Void) async throws {
        try await withMesh(.tcp) { mesh in
            var handlers = Handlers.echoing()
            handlers.onNotice(Count.self) { _, _ in }
            let listener = try await mesh.listen(handlers)
            let link = mesh.dial(listener)
            let healthy = try await link.connected()
            let raw = try RawSocket(ZMQ_DEALER)
            defer { raw.close() }
            try raw.connect(listener.endpoint)
            try body(raw, mesh)
            #expect(try await healthy.request(Echo(text: "still")).text == "still")
            #expect(healthy.isUp)
        }
    }

    @Test("A sender without a hello gets a fault and a bye")
    func noHello() async throws {
        try await refusing { raw, mesh in
            raw.send([Header(.request, type: Echo.type, correlation: 77).encoded(), Array(#"{"text":"x"}"#.utf8)])
            let (header, body) = try #require(raw.receiveMessage())
            #expect(header.correlation == 77)
            #expect(try Wire.decode(Fault.self, from: body).code == .peerLost)
            let bye = try #require(raw.receive())
            #expect(try Header.split(bye[0]).header.type == Bye.type)
            #expect(mesh.serving.counters.totalDropped[.stranger] == 1)
        }
    }

    @Test("Another protocol version is refused with a reason")
    func version() async throws {
        try await refusing { raw, mesh in
            raw.sendHello(Self.identity, oldest: 2, newest: 9)
            let fault = try #require(raw.receiveFault())
            #expect(fault.code == .versionIncompatible)
            #expect(fault.message.contains("2 to 9"))
            var header = Header(.request, type: Hello.type, correlation: 5)
            header.version = 9
            raw.send([header.encoded(), []])
            #expect(raw.receiveFault()?.code == .versionIncompatible)
            #expect(mesh.serving.counters.totalDropped[.version] == 2)
        }
    }

    @Test("A link reports why its hello was refused")
    func refusedHello() async throws {
        try await withMesh(.tcp) { mesh in
            let future = try RawSocket(ZMQ_ROUTER)
            let link = mesh.dial(try future.bind("tcp://127.0.0.1:0"))
            let hello = try #require(future.receive())
            let correlation = try Header.split(hello[1]).header.correlation
            let fault = Fault(.versionIncompatible, "too old")
            future.send([
                hello[0], Header(.failure, type: Fault.type, correlation: correlation).encoded(),
                try Wire.encode(fault),
            ])
            await #expect(throws: fault) { try await link.connected(within: .seconds(1)) }
            future.close()
        }
    }

    @Test("Undecodable requests are answered and counted")
    func undecodable() async throws {
        try await refusing { raw, mesh in
            raw.sendHello(Self.identity)
            #expect(raw.receive() != nil)
            raw.send([Header(.request, type: Echo.type, correlation: 2).encoded(), Array("{}".utf8)])
            #expect(raw.receiveFault()?.code == .malformed)
            raw.send([Header(.subscribe, type: Counting.type, correlation: 3).encoded(), Array("{}".utf8)])
            #expect(raw.receiveFault()?.code == .unknownType)
            raw.send([Header(.request, type: Echo.type, correlation: 4).encoded(), [], []])
            #expect(raw.receiveFault()?.code == .malformed)
            raw.send([Header(.request, type: Echo.type, correlation: 5).encoded() + [0], [0]])
            #expect(raw.receiveFault()?.code == .malformed)
            #expect(mesh.serving.counters.totalDropped == [.undecodable: 1, .unknownType: 1, .malformed: 2])
        }
    }

    @Test("An oversized frame disconnects only its sender")
    func oversizedFrame() async throws {
        try await refusing { raw, _ in
            raw.sendHello(Self.identity)
            #expect(raw.receive() != nil)
            raw.send([
                Header(.request, type: Echo.type, correlation: 2).encoded(),
                [UInt8](repeating: 0x20, count: Limits.meshMessage + 1),
            ])
            // libzmq reconnects, without a hello.
            raw.send([Header(.request, type: Echo.type, correlation: 3).encoded(), Array(#"{"text":"x"}"#.utf8)])
            #expect(raw.receiveFault()?.code == .peerLost)
        }
    }

    @Test("Oversized messages are not sent")
    func oversizedMessage() async throws {
        try await withMesh(.inproc) { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let peer = try await link.connected()
            let text = String(repeating: "x", count: Limits.meshMessage)
            let fault = await #expect(throws: Fault.self) { try await peer.request(Echo(text: text)) }
            #expect(fault?.code == .messageTooLarge)
            peer.send(Bulk(bytes: [UInt8](repeating: 0, count: Limits.meshMessage + 1)))
            #expect(mesh.serving.counters.totalDropped[.tooLarge] == 1)
            #expect(try await peer.request(Echo(text: "small")).text == "small")
        }
    }

    @Test("A slow peer is disconnected and the others are not")
    func slowPeer() async throws {
        try await withMesh(.tcp) { mesh in
            let downs = Recorded<String>()
            var handlers = Handlers.echoing()
            handlers.onPeerDown { peer, reason in downs.add("\(peer.identity.name): \(reason)") }
            let listener = try await mesh.listen(handlers, timing: MeshTiming(silence: .seconds(3600)))
            let link = mesh.dial(listener)
            let healthy = try await link.connected()
            let raw = try RawSocket(ZMQ_DEALER, queue: 1)
            defer { raw.close() }
            try raw.connect(listener.endpoint)
            let incarnation = Incarnation.generate()
            raw.sendHello(Identity(role: .tool, name: "slow", incarnation: incarnation))
            #expect(raw.receive() != nil)
            let slow = try #require(listener.peer(incarnation))
            // The peer never reads: libzmq queues 1,000 of these, the kernel some more, and the send queue holds 64 MiB.
            let bytes = [UInt8](repeating: 1, count: 1 << 18)
            for _ in 0..<20 {
                for _ in 0..<100 where slow.isUp { slow.send(Bulk(bytes: bytes)) }
                _ = try await healthy.request(Echo(text: "between"), deadline: .seconds(60))
            }
            try await eventually("the slow peer is disconnected") { downs.count == 1 }
            #expect(downs.all == ["slow: the peer read too slowly: its send queue is full"])
            #expect(mesh.serving.counters.totalDropped[.slowPeer] ?? 0 > 1)
            #expect(listener.peers.map(\.identity.name) == ["dialler"])
        }
    }

    @Test("A bad endpoint is named in the fault")
    func badEndpoint() async throws {
        try await withMesh(.tcp) { mesh in
            for endpoint in ["nonsense", "tcp://999.1.1.1:1", "ipc:///no/such/folder/x", "foo://bar"] {
                let fault = await #expect(throws: Fault.self) { try await mesh.listen(at: endpoint) }
                #expect(fault?.message.contains(endpoint) == true)
            }
            let taken = try await mesh.listen()
            let fault = await #expect(throws: Fault.self) { try await mesh.listen(at: taken.endpoint) }
            #expect(fault?.message.contains("in use") == true)
        }
    }
}
