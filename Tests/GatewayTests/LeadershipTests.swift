import Mesh
import Messages
import Testing

@testable import Gateway

@Suite("Leadership")
struct LeadershipTests {
    private let partition = Partition(number: 7)

    private func entry(
        _ life: Incarnation, _ endpoint: String?, _ range: ClosedRange<Int>, epoch: UInt64,
        role: ServiceRole = .dispatcher
    ) -> ServiceEntry {
        ServiceEntry(
            role: role, name: "x", incarnation: life, endpoint: endpoint,
            partitions: [
                PartitionClaim(
                    first: Partition(number: range.lowerBound), last: Partition(number: range.upperBound), epoch: epoch)
            ])
    }

    @Test("The claim with the highest epoch leads its partition")
    func epochs() {
        let (one, two, three) = (Incarnation.generate(), Incarnation.generate(), Incarnation.generate())
        var leadership = Leadership()
        #expect(leadership.leader(of: partition) == nil)
        leadership.apply(
            [
                entry(one, "tcp://a:1", 0...63, epoch: 3), entry(two, "tcp://b:1", 0...63, epoch: 4),
                entry(three, "tcp://c:1", 8...63, epoch: 9),
            ], reachable: [])
        #expect(leadership.leader(of: partition) == .init(incarnation: two, endpoint: "tcp://b:1", epoch: 4))
        #expect(leadership.leader(of: Partition(number: 8))?.incarnation == three)
        #expect(leadership.endpoints == ["tcp://a:1", "tcp://b:1", "tcp://c:1"])
    }

    @Test("A deposed leader does not lead again, even when it is the only one left")
    func deposed() {
        let (old, new) = (Incarnation.generate(), Incarnation.generate())
        var leadership = Leadership()
        leadership.apply([entry(old, "tcp://a:1", 0...63, epoch: 3)], reachable: [])
        leadership.apply(
            [entry(old, "tcp://a:1", 0...63, epoch: 3), entry(new, "tcp://b:1", 0...31, epoch: 4)], reachable: [])
        #expect(leadership.leader(of: partition)?.incarnation == new)
        // The registry still lists the old leader; the new one is lost.
        leadership.apply([entry(old, "tcp://a:1", 0...63, epoch: 3)], reachable: [old])
        #expect(leadership.leader(of: partition) == nil)
        #expect(leadership.leader(of: Partition(number: 32))?.incarnation == old)
        leadership.apply([entry(old, "tcp://a:1", 0...63, epoch: 5)], reachable: [old])
        #expect(leadership.leader(of: partition)?.incarnation == old)
    }

    @Test("The gateway has a handler for each message of the registry that the table of roles lets through")
    func roles() {
        let handlers = SessionTable().handlers
        let fromRegistry = RoleRules.all.filter { $0.from == .registry && $0.to == .gateway }.flatMap(\.types)
        #expect(handlers.registry.types == Set(fromRegistry))
        // What else a dispatcher sends is relayed to executors.
        #expect(handlers.dispatcher.types == [SessionCut.type])
    }

    @Test("Only dispatchers with an endpoint lead")
    func others() {
        var leadership = Leadership()
        leadership.apply(
            [
                entry(.generate(), nil, 0...63, epoch: 3),
                entry(.generate(), "tcp://a:1", 0...63, epoch: 3, role: .gateway),
            ], reachable: [])
        #expect(leadership.leader(of: partition) == nil)
        #expect(leadership.endpoints.isEmpty)
    }

    @Test("A connected dispatcher that a restarted registry does not list yet leads until it is lost")
    func youngRegistry() {
        let life = Incarnation.generate()
        var leadership = Leadership()
        leadership.apply([entry(life, "tcp://a:1", 0...63, epoch: 3)], reachable: [])
        leadership.apply([], reachable: [life])
        #expect(leadership.leader(of: partition)?.incarnation == life)
        leadership.apply([], reachable: [])
        #expect(leadership.leader(of: partition) == nil)
    }
}
