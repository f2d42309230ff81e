import Messages
import Testing

@testable import Dispatcher

@Suite struct FleetTests {
    private let key = QueueKey(owner: Sample.owner, device: "box")

    @Test func aSnapshotInPartsTakesEffectAtItsEnd() {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot([Sample.device("old")]))
        _ = fleet.apply(Sample.snapshot([Sample.device("box")], more: true))
        #expect(fleet.places[key] == nil)
        _ = fleet.apply(
            DeviceChanges(
                incarnation: .generate(), revision: 1, snapshot: false, more: false, devices: [Sample.device("b2")]))
        #expect(fleet.places[key]?.device != nil)
        #expect(fleet.places[QueueKey(owner: Sample.owner, device: "b2")]?.device != nil)
        #expect(fleet.places[QueueKey(owner: Sample.owner, device: "old")] == nil)
    }

    @Test func anOlderGenerationIsRefusedAlsoAfterTheNewerOneHasEnded() throws {
        var fleet = Fleet()
        let first = SessionRef(gateway: .generate(), number: 1)
        let second = SessionRef(gateway: first.gateway, number: 2)
        try fleet.open(key, ref: second, generation: 7, slots: 5, now: Sample.now)
        #expect(throws: Fault.self) {
            try fleet.open(key, ref: first, generation: 6, slots: 5, now: Sample.now)
        }
        let closed = fleet.close(key, generation: 7, now: Sample.now)
        #expect(closed)
        #expect(throws: Fault.self) {
            try fleet.open(key, ref: first, generation: 6, slots: 5, now: Sample.now)
        }
    }

    @Test func anOldSessionsLateEndDoesNotHurtTheNewOne() throws {
        var fleet = Fleet()
        let first = SessionRef(gateway: .generate(), number: 1)
        let second = SessionRef(gateway: first.gateway, number: 2)
        try fleet.open(key, ref: first, generation: 1, slots: 5, now: Sample.now)
        try fleet.open(key, ref: second, generation: 2, slots: 5, now: Sample.now)
        let closed = fleet.close(key, generation: 1, now: Sample.now)
        #expect(!closed)
        #expect(fleet.sessions == [second: key])
        #expect(fleet.devices(through: first.gateway).map(\.generation) == [2])
    }

    @Test func aDeletedDeviceWithoutASessionIsTold() throws {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot([Sample.device("box", star: true)]))
        let removal = DeviceChanges(
            incarnation: .generate(), revision: 2, snapshot: false, more: false,
            removed: [RemovedDevice(owner: Sample.owner, id: "box")])
        #expect(fleet.apply(removal) == [key])
        #expect(fleet.starred.isEmpty)
    }

    @Test func aDeviceThatWasDeletedWhileNobodyWatchedIsTold() throws {
        var fleet = Fleet()
        fleet.queue(key) { $0.insert(Sample.record().waiting) }
        #expect(fleet.abandoned.isEmpty, "nothing is known before the first snapshot")
        #expect(fleet.apply(Sample.snapshot([Sample.device("other")])) == [key])
        #expect(fleet.apply(Sample.snapshot([Sample.device("box")])).isEmpty)
    }
}
