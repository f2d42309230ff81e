import Messages
import TestSupport
import Testing

@testable import Mesh

/// Requests and their answers.
@Suite struct RequestTests {
    @Test(arguments: Transport.allCases)
    func anAnswerComesBack(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let listener = try await mesh.listen(.echoing())
            let link = mesh.dial(listener)
            let answer = try await link.request(Echo(text: "héllo"))
            #expect(answer.text == "héllo")
            let peer = try await link.connected()
            #expect(peer.identity.name == "listener")
            #expect(listener.peers.map(\.identity.name) == ["dialler"])
        }
    }

    @Test func aFaultComesBackAsItIs() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            await #expect(throws: Fault(.conflict, "as asked")) { try await link.request(Echo(text: "fault")) }
        }
    }

    @Test func anotherErrorIsInternalAndSaysNothing() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let fault = await #expect(throws: Fault.self) { try await link.request(Echo(text: "error")) }
            #expect(fault?.code == .internalError)
            #expect(fault?.message.contains("as asked") == false)
        }
    }

    @Test func noAnswerInTimeIsDeadlineExceeded() async throws {
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

    @Test func nobodyThereIsUnavailable() async throws {
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

    @Test func anUnknownTypeIsAnswered() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen())
            let fault = await #expect(throws: Fault.self) { try await link.request(Unserved()) }
            #expect(fault?.code == .unknownType)
            #expect(mesh.serving.counters.totalDropped[.unknownType] == 1)
        }
    }

    @Test func aCancelledCallerIsLetGo() async throws {
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

    @Test func aLargeBodyIsAnswered() async throws {
        try await withMesh { mesh in
            let link = mesh.dial(try await mesh.listen(.echoing()))
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            #expect(try await link.request(Echo(text: text), deadline: .seconds(60)).text == text)
        }
    }

    @Test func aManyRequestsAtOnceAreAllAnswered() async throws {
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

/// How many requests wait for an answer of `peer`, as the reactor sees it. Pings count, too.
func pendingRequests(_ peer: Peer) async -> Int {
    await withCheckedContinuation { continuation in
        peer.home.reactor.post { continuation.resume(returning: peer.pending.count) }
    }
}
