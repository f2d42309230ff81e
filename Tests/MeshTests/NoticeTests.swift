import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

@Suite("Mesh notices")
struct NoticeTests {
    @Test("100,000 notices arrive in order", arguments: Transport.allCases)
    func order(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let count = 100_000
            let next = Atomic(0)
            let wrong = Atomic(0)
            var handlers = Handlers()
            handlers.onNotice(Bulk.self) { bulk, _ in
                let number = Int(bulk.bytes.withUnsafeBytes { $0.littleEndian(UInt32.self, at: 0) })
                if next.add(1, ordering: .relaxed).oldValue != number { wrong.add(1, ordering: .relaxed) }
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            for number in 0..<count {
                var bytes: [UInt8] = []
                bytes.appendLittleEndian(UInt32(number))
                peer.send(Bulk(bytes: bytes))
            }
            try await eventually("all notices arrive") { next.load(ordering: .relaxed) == count }
            #expect(wrong.load(ordering: .relaxed) == 0)
        }
    }

    @Test("A listener sends notices to its peers")
    func fromListener() async throws {
        try await withMesh { mesh in
            var server = Handlers()
            server.onPeerUp { peer in for number in 0..<10 { peer.send(Count(number: number), session: 7) } }
            let seen = Recorded<Int>()
            var client = Handlers()
            client.onNotice(Count.self) { count, context in
                seen.add(count.number)
                #expect(context.session == 7)
                #expect(context.deadline == nil)
            }
            let link = mesh.dial(try await mesh.listen(server), client)
            try await eventually("all notices arrive") { seen.count == 10 }
            #expect(seen.all == Array(0..<10))
            await link.close()
        }
    }

    @Test("A relay gets notices with a session before the handlers do")
    func relay() async throws {
        try await withMesh { mesh in
            let relayed = Recorded<Header>()
            let counted = Recorded<Int>()
            var handlers = Handlers()
            handlers.onRelay { header, body, _ in
                guard header.session == 1 else { return false }
                #expect(body == [1, 2, 3])
                relayed.add(header)
                return true
            }
            handlers.onNotice(Count.self) { count, _ in counted.add(count.number) }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            peer.send(Header(.notice, type: "anything", session: 1), body: [1, 2, 3])
            peer.send(Count(number: 1))
            peer.send(Count(number: 2), session: 2)
            try await eventually("both notices arrive") { counted.count == 2 }
            #expect(relayed.all.map(\.type) == ["anything"])
        }
    }

    @Test("Unknown and undecodable notices are counted")
    func dropped() async throws {
        try await withMesh { mesh in
            var handlers = Handlers.echoing()
            handlers.onNotice(Count.self) { _, _ in }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            peer.send(Header(.notice, type: "test.unknown"), body: [])
            peer.send(Header(.notice, type: Count.type), body: [1, 2, 3])
            _ = try await link.request(Echo(text: "after"))
            #expect(mesh.serving.counters.totalDropped == [.unknownType: 1, .undecodable: 1])
        }
    }

    @Test("Requests and notices of one sender keep their order")
    func mixedOrder() async throws {
        try await withMesh { mesh in
            let seen = Recorded<String>()
            var handlers = Handlers()
            handlers.onRequest(Echo.self) { echo, _ in
                seen.add(echo.text)
                return echo
            }
            handlers.onNotice(Count.self) { count, _ in seen.add("\(count.number)") }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            async let first = peer.request(Echo(text: "a"))
            _ = try await first
            await withCheckedContinuation { continuation in
                peer.channel.reactor.post {
                    for number in 0..<100 {
                        peer.sendRequest(
                            Frame(
                                Header(.request, type: Echo.type, correlation: UInt64(1_000 + number)),
                                Array(#"{"text":"r\#(number)"}"#.utf8)), UInt64(1_000 + number), Echo.type,
                            within: .seconds(10)
                        ) { _ in }
                        peer.send(Count(number: number))
                    }
                    continuation.resume()
                }
            }
            try await eventually("all notices arrive") { seen.count == 201 }
            #expect(seen.all == ["a"] + (0..<100).flatMap { ["r\($0)", "\($0)"] })
        }
    }
}
