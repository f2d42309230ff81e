import Foundation
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

    @Test("Large notices are decoded off the reactor, and each session's notices stay in order")
    func largeNotices() async throws {
        try await withMesh { mesh in
            let seen = Recorded<[UInt64]>()
            var handlers = Handlers()
            handlers.onNotice(Bulk.self) { bulk, context in
                let number = bulk.bytes.withUnsafeBytes { $0.littleEndian(UInt64.self, at: 0) }
                seen.add([context.session, number])
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            for number in 0..<300 as Range<UInt64> {
                var bytes: [UInt8] = []
                bytes.appendLittleEndian(number)
                if number % 7 < 2 { bytes += [UInt8](repeating: 0, count: MeshBounds.decodedInline) }
                peer.send(Bulk(bytes: bytes), session: 1 + number % 3)
            }
            try await eventually("all notices arrive") { seen.count == 300 }
            for session in 1...3 as ClosedRange<UInt64> {
                let numbers = seen.all.filter { $0[0] == session }.map { $0[1] }
                #expect(numbers == (0..<300).filter { 1 + $0 % 3 == session })
            }
            try await eventually("every message is counted") { mesh.serving.counters.totalDropped.isEmpty }
        }
    }

    @Test("A peer's backlog has what waits for the reactor, and falls to nothing when it is sent")
    func backlog() async throws {
        try await withMesh { mesh in
            let seen = Atomic(0)
            var handlers = Handlers()
            handlers.onNotice(Bulk.self) { _, _ in seen.add(1, ordering: .relaxed) }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            let hold = DispatchSemaphore(value: 0)
            peer.channel.reactor.post { hold.wait() }
            for _ in 0..<64 { peer.send(Bulk(bytes: [UInt8](repeating: 0, count: 1 << 16))) }
            #expect(peer.backlog > 64 << 16)
            hold.signal()
            try await eventually("all notices arrive") { seen.load(ordering: .relaxed) == 64 }
            #expect(peer.backlog == 0)
        }
    }

    @Test("A notice over the limit of its type is counted and not decoded; such a request is answered")
    func overTheLimit() async throws {
        try await withMesh { mesh in
            let reports = Recorded<Int>()
            var handlers = Handlers()
            handlers.onNotice(DeviceReport.self) { report, _ in reports.add(report.total) }
            handlers.onRequest(TaskGet.self) { _, _ in throw Fault(.taskNotFound, "decoded") }
            let peer = try await mesh.dial(try await mesh.listen(handlers), as: .gateway).connected()
            let long = [UInt8](repeating: 0x20, count: BodyLimits.of(DeviceReport.type) + 1)
            peer.send(Header(.notice, type: DeviceReport.type, session: 1), body: long)
            peer.send(DeviceReport(used: 0, total: 3, draining: false), session: 1)
            try await eventually("the report that fits") { reports.all == [3] }
            #expect(mesh.serving.counters.totalDropped[.tooLarge] == 1)
            let body = [UInt8](repeating: 0x20, count: BodyLimits.of(TaskGet.type) + 1)
            let header = Header(.request, type: TaskGet.type, correlation: peer.nextCorrelation(), budget: 5000)
            let error = await #expect(throws: Fault.self) {
                try await peer.sendRequest(header, body, within: .seconds(5))
            }
            #expect(error?.code == .messageTooLarge)
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
