import Messages
import Synchronization
import TestSupport
import Testing

@testable import Mesh

/// Subscriptions: order, credit, and every way to end.
@Suite struct SubscriptionTests {
    /// Serves numbers from `from` on, for ever or until `upTo`, as far as credit goes.
    private static func counting(upTo: Int = .max, fault: Fault? = nil, sent: Seen<Int> = Seen()) -> Handlers {
        var handlers = Handlers.echoing()
        handlers.onSubscribe(Counting.self) { counting, outlet, _ in
            let next = Atomic(counting.from)
            let send: @Sendable () -> Void = { [weak outlet] in
                guard let outlet else { return }
                while outlet.credit > 0, !outlet.isClosed {
                    let number = next.add(1, ordering: .relaxed).oldValue
                    guard number < upTo else {
                        return fault.map { outlet.fail($0) } ?? outlet.finish()
                    }
                    if outlet.send(Count(number: number)) { sent.add(number) }
                }
            }
            outlet.onCredit(send)
            send()
        }
        return handlers
    }

    @Test(arguments: Transport.allCases)
    func itemsComeInOrderToTheEnd(_ transport: Transport) async throws {
        try await withMesh(transport) { mesh in
            let link = mesh.dial(try await mesh.listen(Self.counting(upTo: 5000)))
            let peer = try await link.connected()
            var numbers: [Int] = []
            for try await item in peer.items(Counting(from: 10), credit: 7) { numbers.append(item.number) }
            #expect(numbers == Array(10..<5000))
        }
    }

    @Test func neverMoreThanTheCreditIsSent() async throws {
        try await withMesh { mesh in
            let sent = Seen<Int>()
            let link = mesh.dial(try await mesh.listen(Self.counting(sent: sent)))
            let peer = try await link.connected()
            let got = Seen<Int>()
            let subscription = peer.subscribe(Counting(from: 0), credit: 3) {
                got.add($0.number)
            } onEnd: { _ in
            }
            var allowed = 3
            for grant in [UInt32(1), 10, 0, 5] {
                try await eventually("the credit is used") { got.count == allowed }
                // A request goes through the same queues, so nothing more was on its way before its answer.
                _ = try await link.request(Echo(text: "after"))
                #expect(got.count == allowed)
                #expect(sent.count == allowed)
                subscription.grant(grant)
                allowed += Int(grant)
            }
            try await eventually("the credit is used") { got.count == allowed }
            #expect(got.all == Array(0..<allowed))
        }
    }

    @Test func withoutCreditNothingIsSent() async throws {
        try await withMesh { mesh in
            let refused = Seen<Bool>()
            var handlers = Handlers.echoing()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in refused.add(outlet.send(Count(number: 1))) }
            let link = mesh.dial(try await mesh.listen(handlers))
            let peer = try await link.connected()
            let got = Seen<Int>()
            _ = peer.subscribe(Counting(from: 0), credit: 0) {
                got.add($0.number)
            } onEnd: { _ in
            }
            _ = try await link.request(Echo(text: "after"))
            #expect(refused.all == [false])
            #expect(got.count == 0)
        }
    }

    @Test func aFaultEndsIt() async throws {
        try await withMesh { mesh in
            let fault = Fault(.taskNotFound, "as asked")
            let peer = try await mesh.dial(try await mesh.listen(Self.counting(upTo: 3, fault: fault))).connected()
            var numbers: [Int] = []
            let thrown = await #expect(throws: Fault.self) {
                for try await item in peer.items(Counting(from: 0)) { numbers.append(item.number) }
            }
            #expect(thrown == fault)
            #expect(numbers == [0, 1, 2])
        }
    }

    @Test func anUnknownTypeFails() async throws {
        try await withMesh { mesh in
            let peer = try await mesh.dial(try await mesh.listen()).connected()
            let fault = await #expect(throws: Fault.self) { for try await _ in peer.items(Counting(from: 0)) {} }
            #expect(fault?.code == .unknownType)
        }
    }

    @Test func cancellingClosesTheOutlet() async throws {
        try await withMesh { mesh in
            let closed = Seen<Void>()
            let outlets = Seen<Outlet>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in
                outlets.add(outlet)
                outlet.onClose { closed.add(()) }
                _ = outlet.send(Count(number: 1))
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let ended = Seen<Void>()
            let got = Seen<Int>()
            let subscription = peer.subscribe(Counting(from: 0)) {
                got.add($0.number)
            } onEnd: { _ in
                ended.add(())
            }
            try await eventually("an item has arrived") { got.count == 1 }
            subscription.cancel()
            try await eventually("the outlet is closed") { closed.count == 1 }
            let outlet = try #require(outlets.all.first)
            #expect(outlet.isClosed)
            #expect(!outlet.send(Count(number: 2)))
            #expect(ended.count == 0)
        }
    }

    @Test func droppingTheSequenceCancels() async throws {
        try await withMesh { mesh in
            let closed = Seen<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in
                outlet.onClose { closed.add(()) }
                for number in 0..<3 { _ = outlet.send(Count(number: number)) }
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            for try await item in peer.items(Counting(from: 0)) where item.number == 1 { break }
            try await eventually("the outlet is closed") { closed.count == 1 }
        }
    }

    @Test func cancellingTheTaskEndsTheSequence() async throws {
        try await withMesh { mesh in
            let opened = Seen<Void>()
            let closed = Seen<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in
                outlet.onClose { closed.add(()) }
                opened.add(())
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let task = Task { for try await _ in peer.items(Counting(from: 0)) {} }
            try await eventually("it is open") { opened.count == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await eventually("the outlet is closed") { closed.count == 1 }
        }
    }

    @Test func thePeersDeathEndsItOnBothSides() async throws {
        try await withMesh { mesh in
            let closed = Seen<Void>()
            let opened = Seen<Void>()
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in
                opened.add(())
                outlet.onClose { closed.add(()) }
            }
            let listener = try await mesh.listen(handlers)
            let peer = try await mesh.dial(listener).connected()
            let ends = Seen<Fault?>()
            _ = peer.subscribe(Counting(from: 0)) { _ in
            } onEnd: {
                ends.add($0)
            }
            try await eventually("it is open") { opened.count == 1 }
            await listener.close()
            try await eventually("the subscriber was told") { ends.count == 1 }
            #expect(ends.all.first??.code == .peerLost)
            #expect(closed.count == 1)
            // And one that is opened on the dead peer ends as well.
            _ = peer.subscribe(Counting(from: 0)) { _ in
            } onEnd: {
                ends.add($0)
            }
            try await eventually("the subscriber was told again") { ends.count == 2 }
            #expect(ends.all.last??.code == .peerLost)
        }
    }

    @Test func moreThanTheCreditIsRefused() async throws {
        try await withMesh { mesh in
            var handlers = Handlers()
            handlers.onSubscribe(Counting.self) { _, outlet, _ in
                // A server that does not keep to the protocol.
                for number in 0..<3 {
                    outlet.peer.send(
                        Header(.item, type: Count.type, correlation: outlet.correlation),
                        body: Array(#"{"number":\#(number)}"#.utf8))
                }
            }
            let peer = try await mesh.dial(try await mesh.listen(handlers)).connected()
            let got = Seen<Int>()
            let ends = Seen<Fault?>()
            _ = peer.subscribe(Counting(from: 0), credit: 2) {
                got.add($0.number)
            } onEnd: {
                ends.add($0)
            }
            try await eventually("it has ended") { ends.count == 1 }
            #expect(got.all == [0, 1])
            #expect(ends.all.first??.code == .creditExceeded)
        }
    }
}
