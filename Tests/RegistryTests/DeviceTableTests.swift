import Messages
import Testing

@testable import Registry

@Suite("The device table")
struct DeviceTableTests {
    let key = DeviceKey(owner: Samples.anna, id: "box")
    let later = Samples.start.adding(seconds: 60)
    var table = DeviceTable()

    @Test("A registration opens a session: online, with its route, and seen")
    mutating func opens() throws {
        table.connect(session: 1)
        let device = try #require(table.device(key))
        #expect(device.status == .online)
        #expect(device.generation == 1)
        #expect(device.route == Samples.route(1))
        #expect(device.connectedAt == Samples.start)
        #expect(device.lastSeenAt == Samples.start)
        #expect(device.slots == Slots(used: 0, total: 5))
        #expect(!device.isDefault)
        #expect(table.revision == 1)
    }

    @Test(
        "A generation is one more than both sides know",
        arguments: [
            (0, 0, 1), (0, 41, 42), (7, 3, 8), (7, 7, 8), (.max, 0, (1 << 53) - 1), (0, .max, (1 << 53) - 1),
        ] as [(UInt64, UInt64, UInt64)])
    func generations(_ known: UInt64, _ executors: UInt64, _ expected: UInt64) {
        let record = DeviceRecord(name: "n", total: 5, agents: [], generation: known)
        var table = DeviceTable(known == 0 ? [] : [DeviceRow(key: key, record: record)])
        let connected1 = table.connect(session: 1, generation: executors)
        #expect(connected1.generation == expected)
    }

    @Test("Of two registrations not yet on disk, only the newer one opens")
    mutating func overtaken() {
        let first = table.mint(Samples.register(), key: key, route: Samples.route(1), at: Samples.start)
        let second = table.mint(Samples.register(), key: key, route: Samples.route(2), at: Samples.start)
        #expect(second.generation == first.generation + 1)
        let opened2 = table.open(first, name: "n")
        #expect(!opened2)
        #expect(table.device(key) == nil)
        let opened3 = table.open(second, name: "n")
        #expect(opened3)
        #expect(table.device(key)?.route == Samples.route(2))
    }

    @Test("A minted generation is used up, even when the write fails")
    mutating func burnt() {
        _ = table.mint(Samples.register(), key: key, route: Samples.route(1), at: Samples.start)
        let connected4 = table.connect(session: 2)
        #expect(connected4.generation == 2)
    }

    @Test("The late close of an old session does not close the new one")
    mutating func lateClose() throws {
        let old = table.connect(session: 1)
        let new = table.connect(session: 2)
        let revision = table.revision
        let closed5 = table.close(key, generation: old.generation, at: later)
        #expect(!closed5)
        #expect(table.device(key)?.status == .online)
        #expect(table.revision == revision)
        let closed6 = table.close(key, generation: new.generation, at: later)
        #expect(closed6)
        let device = try #require(table.device(key))
        #expect(device.status == .offline)
        #expect(device.connectedAt == nil && device.route == nil)
        #expect(device.lastSeenAt == later)
        #expect(device.generation == new.generation)
        let closed7 = table.close(key, generation: new.generation, at: later)
        #expect(!closed7)
    }

    @Test("A closed device has no slots in use")
    mutating func freed() {
        let session = table.connect(session: 1)
        _ = table.report(Samples.report(3), from: Samples.route(1), at: later)
        _ = table.close(key, generation: session.generation, at: later)
        #expect(table.device(key)?.slots == Slots(used: 0, total: 5))
    }

    @Test("A full device is busy, and a report without a change wakes no watcher")
    mutating func reports() {
        table.connect(session: 1)
        let reported8 = table.report(Samples.report(5), from: Samples.route(1), at: later)
        #expect(reported8 == .changed(key))
        #expect(table.device(key)?.status == .busy)
        let revision = table.revision
        let reported9 = table.report(Samples.report(5), from: Samples.route(1), at: later.adding(seconds: 30))
        #expect(reported9 == .seen)
        #expect(table.revision == revision)
        #expect(table.device(key)?.lastSeenAt == later.adding(seconds: 30))
        let reported10 = table.report(Samples.report(4), from: Samples.route(1), at: later)
        #expect(reported10 == .changed(key))
        #expect(table.device(key)?.status == .online)
        let agents = [Agent(name: "claude-code", version: "2.1", ready: true, detail: nil)]
        let reported11 = table.report(Samples.report(4, agents: agents), from: Samples.route(1), at: later)
        #expect(reported11 == .changed(key))
        #expect(table.device(key)?.agents == agents)
        // More slots in use than there are: their number was lowered while tasks run.
        let reported12 = table.report(Samples.report(4, of: 2), from: Samples.route(1), at: later)
        #expect(reported12 == .changed(key))
        #expect(table.device(key)?.slots == Slots(used: 2, total: 2))
    }

    @Test("A report of an earlier session, an unknown one or a deleted device's is stale")
    mutating func staleReports() {
        table.connect(session: 1)
        table.connect(session: 2)
        let reported13 = table.report(Samples.report(1), from: Samples.route(1), at: later)
        #expect(reported13 == .stale)
        let reported14 = table.report(Samples.report(1), from: Samples.route(2, gateway: 2), at: later)
        #expect(reported14 == .stale)
        let deleted15 = table.delete(key)
        #expect(deleted15)
        let reported16 = table.report(Samples.report(1), from: Samples.route(2), at: later)
        #expect(reported16 == .stale)
        #expect(table.device(key) == nil)
    }

    @Test("An executor that dials again keeps its used slots; a restarted one begins with none")
    mutating func redial() {
        table.connect(session: 1)
        _ = table.report(Samples.report(2), from: Samples.route(1), at: later)
        table.connect(session: 2)
        #expect(table.device(key)?.slots.used == 2)
        table.connect(session: 3, boot: BootID(high: 8, low: 8))
        #expect(table.device(key)?.slots.used == 0)
    }

    @Test("A lost gateway closes its own sessions, and no others")
    mutating func gatewayLost() {
        table.connect("a", session: 1)
        table.connect("b", session: 2)
        table.connect("c", session: 3, gateway: 2)
        table.connect("moved", session: 4)
        table.connect("moved", session: 5, gateway: 2)
        let lost = table.closeSessions(of: Samples.route(0).gateway, at: later)
        #expect(Set(lost.map(\.id)) == ["a", "b"])
        #expect(table.devices(of: Samples.anna).filter { $0.status == .offline }.map(\.id) == ["a", "b"])
        let lost17 = table.closeSessions(of: Samples.route(0).gateway, at: later)
        #expect(lost17 == [])
    }

    @Test("An owner has one star: giving it moves it, and it outlives sessions")
    mutating func stars() {
        for id in ["a", "b"] { table.connect(id, session: id == "a" ? 1 : 2) }
        table.connect("a", owner: Samples.bert, session: 3)
        let (a, b) = (DeviceKey(owner: Samples.anna, id: "a"), DeviceKey(owner: Samples.anna, id: "b"))
        let other = DeviceKey(owner: Samples.bert, id: "a")
        let moved18 = table.star(other, on: true)
        #expect(moved18 == [other])
        let moved19 = table.star(a, on: true)
        #expect(moved19 == [a])
        let moved20 = table.star(b, on: true)
        #expect(Set(moved20) == [a, b])
        let moved21 = table.star(b, on: true)
        #expect(moved21 == [])
        // Taking the star from a device without it changes nothing, even for the device that has it.
        let moved22 = table.star(a, on: false)
        #expect(moved22 == [])
        table.connect("b", session: 9)
        #expect(table.devices(of: Samples.anna).map(\.isDefault) == [false, true])
        let moved23 = table.star(b, on: false)
        #expect(moved23 == [b])
        #expect(table.device(other)?.isDefault == true)
    }

    @Test("A deleted device is gone with its star, but its generation goes on")
    mutating func deletion() {
        table.connect(session: 1)
        _ = table.star(key, on: true)
        let deleted24 = table.delete(key)
        #expect(deleted24)
        let deleted25 = table.delete(key)
        #expect(!deleted25)
        #expect(table.devices(of: Samples.anna).isEmpty)
        let closed26 = table.close(key, generation: 1, at: later)
        #expect(!closed26)
        let connected27 = table.connect(session: 2)
        #expect(connected27.generation == 2)
        #expect(table.device(key)?.isDefault == false)
    }

    @Test("After a start devices are unknown, then offline; a deleted one keeps only its generation")
    func rows() {
        let record = DeviceRecord(
            name: "kept", isDefault: true, total: 3, agents: [], lastSeenAt: Samples.start, generation: 4)
        let gone = DeviceKey(owner: Samples.anna, id: "gone")
        var table = DeviceTable([
            DeviceRow(key: key, record: record), DeviceRow(key: gone, record: record, deleted: true),
        ])
        #expect(table.devices(of: Samples.anna).map(\.status) == [.unknown])
        #expect(table.devices(of: Samples.anna).map(\.statusReason) == [.registryRestarted])
        let settled = table.endStartGrace()
        #expect(settled == [key])
        #expect(table.devices(of: Samples.anna).map(\.status) == [.offline])
        #expect(table.devices(of: Samples.anna).map(\.statusReason) == [nil])
        let again = table.endStartGrace()
        #expect(again.isEmpty)
        #expect(table.device(key)?.isDefault == true)
        let connected28 = table.connect("gone", session: 1)
        #expect(connected28.generation == 5)
    }

    @Test("A list is sorted by name, then id, and is one owner's")
    mutating func list() {
        for (id, name) in [("z", "B"), ("b", "A"), ("a", "A")] {
            let registration = table.mint(
                Samples.register(id), key: DeviceKey(owner: Samples.anna, id: id), route: Samples.route(1),
                at: Samples.start)
            _ = table.open(registration, name: name)
        }
        table.connect(owner: Samples.bert, session: 5)
        #expect(table.devices(of: Samples.anna).map(\.id) == ["a", "b", "z"])
    }

    @Test("Times of reports wait for the next save, and after a failed save for the one after")
    mutating func unsaved() {
        table.connect(session: 1)
        let taken29 = table.takeUnsaved()
        #expect(taken29.isEmpty)
        _ = table.report(Samples.report(0), from: Samples.route(1), at: later)
        let rows = table.takeUnsaved()
        #expect(rows.map(\.key) == [key])
        #expect(rows.first?.record.lastSeenAt == later)
        let taken30 = table.takeUnsaved()
        #expect(taken30.isEmpty)
        table.markUnsaved(rows.map(\.key))
        let taken31 = table.takeUnsaved()
        #expect(taken31.count == 1)
    }
}
