import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

@Suite("Mesh subscriptions")
struct SubscriptionTests {
    /// Serves the numbers from `from` up to `upTo`, as far as credit goes; then finishes, or fails with `fault`.
    private static func counting(upTo: Int = .max, fault: Fault? = nil, sent: Recorded<Int> = Recorded()) -> Handlers {
        var handlers = Handlers.echoing()
        handlers.onSubscribe(Counting.self) { counting, writer, _ in
            let next = Atomic(counting.from)
            let send: @Sendable () -> Void = { [weak writer] in
                guard let writer else { return }
                while writer.credit > 0, !writer.isClosed {
                    let number = next.add(1, ordering: .relaxed).oldValue
                    guard number < upTo else {
                        return fault.map { writer.fail($0) } ?? writer.finish()
                    }
                    if writer.send(Count(number: number)) { sent.add(number) }
                }
            }
            writer.onCredit(send)
            send()
        }
        return handlers
    }

    @Test("Items arrive in order until the end", arguments: Transport.allCases)
    func order(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let link = mesh.dial(try await mesh.listen(Self.counting(upTo: 5000)))
            let peer = try await link.connected()
            var numbers: [Int] = []
            for try await item in peer.items(Counting(from: 10), credit: 7) { numbers.append(item.number) }
            #expect(numbers == Array(10..<5000))
        }
    }

    @Test("A server never sends more items than it has credit for")
    func credit() async throws {
        try await withMesh { mesh in
            let sent = Recorded<Int>()
            let link = mesh.dial(try await mesh.listen(Self.counting(sent: sent)))
            let peer = try await link.connected()
            let got = Recorded<Int>()
            let subscription = peer.subscribe(Counting(from: 0), credit: 3) {
                got.add($0.number)
            } onEnd: { _ in
            }
            var allowed = 3
            for grant in [UInt32(1), 10, 0, 5] {
                try await eventually("the credit is spent") { got.count == allowed }
                // A request passes the same queues: with its reply, every item sent before has arrived.
                _ = try await link.request(Echo(text: "after"))
                #expect(got.count == allowed)
                #expect(sent.count == allowed)
                subscription.grant(grant)
                allowed += Int(grant)
            }
            try await eventually("the credit is spent") { got.count == allowed }
            #expect(got.all == Array(0..<allowed))
        }
    }

    @Test("Without credit nothing is sent")
    func noCredit() async throws {
        try await withMesh { mesh in
            let refused = Recorded<Bool>()
            var handlers = Handlers.echoing()
            handlers.onSubscribe(Counting.self) { _, writer, _ in refused.add(writer.send(Count(number: 1))) }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            let got = Recorded<Int>()
            _ = peer.subscribe(Counting(from: 0), credit: 0) {
                got.add($0.number)
            } onEnd: { _ in
            }
            _ = try await link.request(Echo(text: "after"))
            #expect(refused.all == [false])
            #expect(got.count == 0)
        }
    }

    @Test("A fault ends a subscription")
    func fault() async throws {
        try await withMesh { mesh in
            let fault = Fault(.taskNotFound, "from the handler")
            let peer = try await mesh.dial(try await mesh.listen(Self.counting(upTo: 3, fault: fault))).connected()
            var numbers: [Int] = []
            let thrown = await #expect(throws: Fault.self) {
                for try await item in peer.items(Counting(from: 0)) { numbers.append(item.number) }
            }
            #expect(thrown == fault)
            #expect(numbers == [0, 1, 2])
        }
    }

    @Test("A subscription of an unknown type fails")
    func unknownType() async throws {
        try await withMesh { mesh in
            let peer = try await mesh.dial(try await mesh.listen()).connected()
            let fault = await #expect(throws: Fault.self) { for try await _ in peer.items(Counting(from: 0)) {} }
            #expect(fault?.code == .unknownType)
        }
    }

    @Test("Cancelling a subscription closes its writer")
    func cancel() async throws {
        try await withMesh { mesh in
            let closed = Recorded<Void>()
            let writers = Recorded<ItemWriter>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, writer, _ in
                writers.add(writer)
                writer.onClose { closed.add(()) }
                _ = writer.send(Count(number: 1))
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let ended = Recorded<Void>()
            let got = Recorded<Int>()
            let subscription = peer.subscribe(Counting(from: 0)) {
                got.add($0.number)
            } onEnd: { _ in
                ended.add(())
            }
            try await eventually("an item arrives") { got.count == 1 }
            subscription.cancel()
            try await eventually("the writer is closed") { closed.count == 1 }
            let writer = try #require(writers.all.first)
            #expect(writer.isClosed)
            #expect(!writer.send(Count(number: 2)))
            #expect(ended.count == 0)
        }
    }

    @Test("Releasing the sequence cancels the subscription")
    func releasedSequence() async throws {
        try await withMesh { mesh in
            let closed = Recorded<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, writer, _ in
                writer.onClose { closed.add(()) }
                for number in 0..<3 { _ = writer.send(Count(number: number)) }
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            for try await item in peer.items(Counting(from: 0)) where item.number == 1 { break }
            try await eventually("the writer is closed") { closed.count == 1 }
        }
    }

    @Test("Cancelling the consuming task ends the sequence")
    func cancelledTask() async throws {
        try await withMesh { mesh in
            let opened = Recorded<Void>()
            let closed = Recorded<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, writer, _ in
                writer.onClose { closed.add(()) }
                opened.add(())
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let task = Task { for try await _ in peer.items(Counting(from: 0)) {} }
            try await eventually("the subscription is open") { opened.count == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await eventually("the writer is closed") { closed.count == 1 }
        }
    }

    @Test("The loss of the peer ends a subscription on both sides")
    func lostPeer() async throws {
        try await withMesh { mesh in
            let closed = Recorded<Void>()
            let opened = Recorded<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, writer, _ in
                opened.add(())
                writer.onClose { closed.add(()) }
            }
            let listener = try await mesh.listen(handlers)
            let peer = try await mesh.dial(listener).connected()
            let ends = Recorded<Fault?>()
            _ = peer.subscribe(Counting(from: 0)) { _ in
            } onEnd: {
                ends.add($0)
            }
            try await eventually("the subscription is open") { opened.count == 1 }
            await listener.close()
            try await eventually("the subscription ends") { ends.count == 1 }
            #expect(ends.all.first??.code == .peerLost)
            #expect(closed.count == 1)
            // A subscription to the lost peer ends as well.
            _ = peer.subscribe(Counting(from: 0)) { _ in
            } onEnd: {
                ends.add($0)
            }
            try await eventually("the second subscription ends") { ends.count == 2 }
            #expect(ends.all.last??.code == .peerLost)
        }
    }

    @Test("A subscriber refuses items beyond its credit")
    func creditExceeded() async throws {
        try await withMesh { mesh in
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, writer, context in
                // A server that violates the protocol.
                for number in 0..<3 {
                    context.peer.send(
                        Header(.item, type: Count.type, correlation: writer.correlation),
                        body: Array(#"{"number":\#(number)}"#.utf8))
                }
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let got = Recorded<Int>()
            let ends = Recorded<Fault?>()
            _ = peer.subscribe(Counting(from: 0), credit: 2) {
                got.add($0.number)
            } onEnd: {
                ends.add($0)
            }
            try await eventually("the subscription ends") { ends.count == 1 }
            #expect(got.all == [0, 1])
            #expect(ends.all.first??.code == .creditExceeded)
        }
    }
}
