import CZeroMQ
import Messages
import TestSupport
import Testing

@testable import Mesh

/// Keys on `tcp` sockets: a listener of the role `dispatcher`, and ends that dial it.
@Suite("Keys of the mesh", .timeLimit(.minutes(2)))
struct KeyTests {
    /// A listener with a key, in a mesh whose dialling end has the key `own`.
    private struct Site {
        let ring: Keyring
        let server: MeshKeyPair
        let mesh: TestMesh
        let listener: Listener

        func link(as role: ServiceRole, to expected: ServiceRole? = .dispatcher) -> Link {
            Link(
                listener.endpoint, to: expected, identity: Identity(role: role, name: "claimed"), handlers: Handlers(),
                reactor: mesh.dialling, timing: TestMesh.timing, logger: ring.log.logger)
        }

        /// A bare socket with these keys, connected.
        func raw(_ pair: MeshKeyPair) throws -> RawSocket {
            let raw = try RawSocket(ZMQ_DEALER)
            raw.secure(pair, server: server.publicKey)
            try raw.connect(listener.endpoint)
            return raw
        }

        var refused: [MeshRefusal: Int] { mesh.serving.counters.totalRefused }
    }

    /// - Parameter own: The role of the dialling end's key; nil = a key that the allow-list lacks.
    private func with(
        own: ServiceRole? = .gateway, handlers: Handlers = .echoing(),
        _ body: (Site, MeshKeyPair) async throws -> Void
    ) async throws {
        let ring = try Keyring()
        let server = try ring.pair(.dispatcher, "d1")
        let pair = try ring.pair(own, "g1")
        let mesh = try TestMesh(.tcp, serving: ring.security(server), dialling: ring.security(pair))
        do {
            let listener = try await Listener(
                "tcp://127.0.0.1:0", identity: Identity(role: .dispatcher, name: "listener"), handlers: handlers,
                reactor: mesh.serving, timing: TestMesh.timing, logger: ring.log.logger)
            try await body(Site(ring: ring, server: server, mesh: mesh, listener: listener), pair)
        } catch {
            await mesh.end()
            throw error
        }
        await mesh.end()
    }

    @Test("Services with keys talk, and each has the name of the other's key")
    func allowed() async throws {
        try await with { site, pair in
            let link = site.link(as: .gateway)
            let peer = try await link.connected(within: .seconds(20))
            #expect(try await link.request(Echo(text: "through")).text == "through")
            #expect(peer.identity.key == site.server.publicKey)
            let other = try #require(site.listener.peers.first)
            #expect(other.identity.key == pair.publicKey)
            #expect(other.identity.name == "g1" && other.identity.role == .gateway)
            #expect(site.refused.isEmpty)
        }
    }

    @Test("A key that the allow-list lacks is refused, counted each time and logged once; its end says so")
    func stranger() async throws {
        try await with(own: nil) { site, pair in
            let link = site.link(as: .gateway)
            let fault = await #expect(throws: Fault.self) { try await link.connected(within: .seconds(2)) }
            #expect(fault?.code == .roleNotAllowed)
            #expect(fault?.message.contains("refuses this service's key") == true)
            try await eventually("three refusals") { site.refused[.key] ?? 0 >= 3 }
            #expect(site.ring.log.count("key=\(pair.publicKey)") == 1)
            #expect(site.mesh.serving.counters.totalReceived == 0)
        }
    }

    @Test("A sender without a key gets nothing through, is counted and logged once")
    func noKey() async throws {
        try await with { site, _ in
            let raw = try RawSocket(ZMQ_DEALER)
            defer { raw.close() }
            try raw.connect(site.listener.endpoint)
            raw.sendHello(Identity(role: .gateway, name: "plain"))
            try await eventually("its refusal") { site.refused[.handshake] ?? 0 >= 1 }
            #expect(site.ring.log.count("reason=handshake") == 1)
            #expect(site.mesh.serving.counters.totalReceived == 0)
        }
    }

    @Test("A gateway's key that claims to be a dispatcher is refused, counted and logged")
    func falseRole() async throws {
        try await with { site, pair in
            let link = site.link(as: .dispatcher)
            let fault = await #expect(throws: Fault.self) { try await link.connected(within: .seconds(2)) }
            #expect(fault?.code == .roleNotAllowed)
            #expect(fault?.message.contains("its key may not be a dispatcher") == true)
            #expect(site.refused[.role] ?? 0 >= 1)
            #expect(site.ring.log.count("key=\(pair.publicKey)") == 1)
            #expect(site.listener.peers.isEmpty)
        }
    }

    @Test("A link connects to no listener with another key than those of the role that it wants")
    func falseListener() async throws {
        try await with { site, _ in
            let registry = site.link(as: .gateway, to: .registry)
            let missing = await #expect(throws: Fault.self) { try await registry.connected(within: .seconds(1)) }
            #expect(missing?.message.contains("no key of a registry") == true)
            _ = try site.ring.pair(.registry, "r1")
            try await eventually("a handshake that fails") { site.refused[.handshake] ?? 0 >= 1 }
            #expect(registry.peer == nil)
        }
    }

    @Test("With two keys of a role, a link finds the right one")
    func rotation() async throws {
        let ring = try Keyring()
        _ = try ring.pair(.registry, "old")
        let server = try ring.pair(.registry, "r")
        let own = try ring.pair(.gateway)
        let mesh = try TestMesh(.tcp, serving: ring.security(server), dialling: ring.security(own))
        let listener = try await Listener(
            "tcp://127.0.0.1:0", identity: Identity(role: .registry, name: "r"), handlers: .echoing(),
            reactor: mesh.serving, timing: TestMesh.timing, logger: mesh.logger)
        let link = Link(
            listener.endpoint, to: .registry, identity: Identity(role: .gateway, name: "g"), handlers: Handlers(),
            reactor: mesh.dialling, timing: TestMesh.timing, logger: mesh.logger)
        #expect(try await link.connected(within: .seconds(20)).identity.key == server.publicKey)
        await mesh.end()
    }

    @Test("The allow-list is read again: a new key connects, a removed one is disconnected")
    func reload() async throws {
        try await with(own: nil) { site, pair in
            let link = site.link(as: .gateway)
            _ = try? await link.connected(within: .milliseconds(300))
            #expect(link.peer == nil)
            try site.ring.allow(pair, .gateway)
            let peer = try await link.connected(within: .seconds(20))
            try site.ring.remove(pair)
            try await eventually("the end of the connection") { !peer.isUp }
            try await eventually("a refusal after it") { link.peer == nil && site.refused[.key] ?? 0 >= 1 }
        }
    }

    @Test("A wrong line leaves the allow-list before it in force")
    func wrongLine() async throws {
        let ring = try Keyring()
        let pair = try ring.pair(.gateway)
        let list = try AllowList(ring.path, logger: ring.log.logger)
        try ring.directory.write("\(pair.publicKey) emperor me\n", to: "allow")
        list.reload()
        list.reload()
        #expect(list.allows(pair.publicKey, as: .gateway))
        #expect(ring.log.count("allow, line 1: 'emperor' is no role of the mesh") == 1)
        for line in ["x gateway g", "\(pair.publicKey) gateway", "\(pair.publicKey) gateway -rf"] {
            #expect(throws: Fault.self) { try AllowList.parse(line, of: "allow") }
        }
        #expect(throws: Fault.self) {
            try AllowList.parse("\(pair.publicKey) gateway a\n\(pair.publicKey) registry b", of: "allow")
        }
    }

    @Test("Nobody takes the incarnation of another key, also while its owner is away")
    func incarnation() async throws {
        try await with { site, pair in
            let other = try site.ring.pair(.gateway, "g2")
            let identity = Identity(role: .gateway, name: "x")
            let owner = try site.raw(pair)
            owner.sendHello(identity)
            #expect(owner.receiveMessage()?.header.type == HelloReply.type)
            // The list is read every second.
            let thief = try await eventually("a connection with the second key") { () -> RawSocket? in
                let raw = try site.raw(other)
                raw.sendHello(Identity(role: .gateway, name: "y"))
                if raw.receive(within: .milliseconds(500)) != nil { return raw }
                raw.close()
                return nil
            }
            thief.sendHello(identity, correlation: 2)
            #expect(thief.receiveFault()?.code == .roleNotAllowed)
            owner.close()
            try await eventually("the owner's end") {
                !site.listener.peers.contains { $0.identity.incarnation == identity.incarnation }
            }
            thief.sendHello(identity, correlation: 3)
            #expect(thief.receiveFault()?.code == .roleNotAllowed)
            #expect(site.refused[.incarnation] == 2)
            let again = try site.raw(pair)
            again.sendHello(identity)
            #expect(again.receiveMessage()?.header.type == HelloReply.type)
            thief.close()
            again.close()
        }
    }

    @Test("An end of another role takes no incarnation, without keys either")
    func incarnationWithoutKeys() async throws {
        try await withMesh(.ipc) { mesh in
            let listener = try await mesh.listen(.echoing())
            let link = mesh.dial(listener)
            let peer = try await link.connected()
            let raw = try RawSocket(ZMQ_DEALER)
            defer { raw.close() }
            try raw.connect(listener.endpoint)
            let victim = try #require(listener.peers.first).identity.incarnation
            raw.sendHello(Identity(role: .dispatcher, name: "thief", incarnation: victim))
            #expect(raw.receiveFault()?.code == .roleNotAllowed)
            #expect(peer.isUp && mesh.serving.counters.totalRefused[.incarnation] == 1)
        }
    }
}
