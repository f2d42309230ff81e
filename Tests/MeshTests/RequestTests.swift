import Messages
import TestSupport
import Testing

@testable import Mesh

@Suite("Mesh requests")
struct RequestTests {
    @Test("A reply arrives over every transport", arguments: Transport.allCases)
    func reply(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let listener = try await mesh.listen(.echoing())
            let link = mesh.dial(listener)
            let reply = try await link.request(Echo(text: "héllo"))
            #expect(reply.text == "héllo")
            let peer = try await link.connected()
            #expect(peer.identity.name == "listener")
            #expect(listener.peers.map(\.identity.name) == ["dialler"])
        }
    }

    @Test("A fault thrown by a handler arrives unchanged")
    func fault() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            await #expect(throws: Fault(.conflict, "from the handler")) { try await link.request(Echo(text: "fault")) }
        }
    }

    @Test("Any other error becomes an internal fault without details")
    func internalError() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let fault = await #expect(throws: Fault.self) { try await link.request(Echo(text: "error")) }
            #expect(fault?.code == .internalError)
            #expect(fault?.message.contains("from the handler") == false)
        }
    }

    @Test("A request without a reply in time fails with deadline_exceeded")
    func deadline() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            _ = try await link.connected()
            let fault = await #expect(throws: Fault.self) {
                try await link.request(Echo(text: "never"), deadline: .milliseconds(100))
            }
            #expect(fault?.code == .deadlineExceeded)
            #expect(try await link.request(Echo(text: "next")).text == "next")
        }
    }

    @Test("A link without a listener fails with unavailable and the endpoint")
    func noListener() async throws {
        try await withMesh { mesh in
            let endpoint = "tcp://127.0.0.1:\(try FreePort.next())"
            let link = mesh.dial(endpoint)
            let fault = await #expect(throws: Fault.self) {
                try await link.request(Echo(text: "x"), deadline: .milliseconds(200))
            }
            #expect(fault?.code == .unavailable)
            #expect(fault?.message.contains(endpoint) == true)
        }
    }

    @Test("A request of an unknown type is answered and counted")
    func unknownType() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen())
            let fault = await #expect(throws: Fault.self) { try await link.request(Unserved()) }
            #expect(fault?.code == .unknownType)
            #expect(mesh.serving.counters.totalDropped[.unknownType] == 1)
        }
    }

    @Test("A cancelled caller stops waiting")
    func cancellation() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let peer = try await link.connected()
            let task = Task { try await peer.request(Echo(text: "never"), deadline: .seconds(600)) }
            try await eventually("the request is pending") {
                await pendingRequests(peer) > 0
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("A body of a mebibyte is answered")
    func largeBody() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            #expect(try await link.request(Echo(text: text), deadline: .seconds(60)).text == text)
        }
    }

    @Test("2,000 concurrent requests are all answered")
    func concurrent() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let peer = try await link.connected()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        try await peer.request(Echo(text: "\(number)"), deadline: .seconds(60)).text == "\(number)"
                    }
                }
                for try await same in group { #expect(same) }
            }
        }
    }
}

/// Returns the requests to `peer` without a reply, pings included, as the reactor sees them.
func pendingRequests(_ peer: Peer) async -> Int {
    await withCheckedContinuation { continuation in
        peer.channel.reactor.post { continuation.resume(returning: peer.pending.count) }
    }
}
