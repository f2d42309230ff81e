import Messages
import Testing

@testable import Mesh
@testable import Registry

@Suite("The table of services")
struct ServiceTableTests {
    let life = Incarnation(high: 3, low: 3)
    let all = [PartitionClaim(first: Partition(number: 0), last: Partition(number: 63), epoch: 4)]
    var table = ServiceTable()

    @Test("An announcement and its end are changes, its repetition is not")
    mutating func membership() throws {
        let dispatcher = Identity(role: .dispatcher, name: "d")
        let announce = ServiceAnnounce(endpoint: "tcp://10.0.0.1:1", partitions: all, draining: false)
        let announced1 = try table.announce(announce, by: dispatcher)
        #expect(announced1)
        let announced2 = try table.announce(announce, by: dispatcher)
        #expect(!announced2)
        let announced3 = try table.announce(ServiceAnnounce(draining: false), by: Identity(role: .gateway, name: "g"))
        #expect(announced3)
        #expect(table.revision == 2)
        #expect(table.services.map(\.role) == [.dispatcher, .gateway])
        #expect(table.services.first?.partitions == all)
        let isRemoved4 = table.remove(dispatcher.incarnation)
        #expect(isRemoved4)
        let isRemoved5 = table.remove(dispatcher.incarnation)
        #expect(!isRemoved5)
        #expect(table.services.map(\.role) == [.gateway])
    }

    @Test("A new process at the same endpoint replaces the old one")
    mutating func replaced() throws {
        let old = Identity(role: .dispatcher, name: "d")
        let new = Identity(role: .dispatcher, name: "d")
        let announce = ServiceAnnounce(endpoint: "tcp://10.0.0.1:1", partitions: all, draining: false)
        _ = try table.announce(announce, by: old)
        _ = try table.announce(announce, by: new)
        #expect(table.services.map(\.incarnation) == [new.incarnation])
        let isRemoved6 = table.remove(old.incarnation)
        #expect(!isRemoved6)
    }

    @Test("A dispatcher with another key takes no endpoint of the list")
    mutating func foreignKey() throws {
        var (first, second) = (Identity(role: .dispatcher, name: "d"), Identity(role: .dispatcher, name: "d"))
        first.key = try MeshKeyPair.generate().publicKey
        second.key = try MeshKeyPair.generate().publicKey
        let announce = ServiceAnnounce(endpoint: "tcp://10.0.0.1:1", partitions: all, draining: false)
        _ = try table.announce(announce, by: first)
        do {
            _ = try table.announce(announce, by: second)
            Issue.record("the endpoint was taken")
        } catch { #expect((error as? Fault)?.code == .conflict) }
        #expect(table.services.map(\.incarnation) == [first.incarnation])
        #expect(table.services.first?.key == first.key?.description)
        let isRemoved = table.remove(first.incarnation)
        let isTaken = try table.announce(announce, by: second)
        #expect(isRemoved && isTaken)
    }

    @Test("Only a dispatcher with an endpoint leads, and only partitions 0 to 63")
    mutating func refused() {
        let upsideDown = [PartitionClaim(first: Partition(number: 9), last: Partition(number: 8), epoch: 1)]
        let cases: [(ServiceRole, ServiceAnnounce)] = [
            (.gateway, ServiceAnnounce(endpoint: "tcp://a:1", partitions: all, draining: false)),
            (.gateway, ServiceAnnounce(endpoint: "tcp://a:1", draining: false)),
            (.dispatcher, ServiceAnnounce(partitions: all, draining: false)),
            (.dispatcher, ServiceAnnounce(endpoint: "tcp://a:1", partitions: upsideDown, draining: false)),
        ]
        for (role, announce) in cases {
            do {
                _ = try table.announce(announce, by: Identity(role: role, name: "x"))
                Issue.record("a \(role) was let in")
            } catch { #expect((error as? Fault)?.code == .invalidRequest) }
        }
        #expect(table.revision == 0)
    }

    @Test("A watcher gets each revision once, as a whole table")
    mutating func feed() throws {
        var feed = ServiceFeed()
        let told8 = feed.next(table, incarnation: life)
        #expect(told8?.services == [])
        let told9 = feed.next(table, incarnation: life)
        #expect(told9 == nil)
        for name in ["a", "b"] {
            _ = try table.announce(ServiceAnnounce(draining: false), by: Identity(role: .gateway, name: name))
        }
        let told10 = feed.next(table, incarnation: life)
        #expect(told10?.services.count == 2)
        let told11 = feed.next(table, incarnation: life)
        #expect(told11 == nil)
    }
}
