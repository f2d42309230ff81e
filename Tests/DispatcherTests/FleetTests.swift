import Messages
import Testing

@testable import Dispatcher

@Suite("The fleet: devices, executors and their sessions")
struct FleetTests {
    private let queue = QueueID.device(owner: Sample.owner, id: "box")
    private let worker = WorkerID(owner: Sample.owner, device: "box")

    @Test("A snapshot in parts takes effect at its end")
    func snapshotInParts() {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot([Sample.device("old")]))
        _ = fleet.apply(Sample.snapshot([Sample.device("box")], more: true))
        #expect(fleet.places[queue] == nil)
        _ = fleet.apply(
            DeviceChanges(
                incarnation: .generate(), revision: 1, snapshot: false, more: false, devices: [Sample.device("b2")]))
        #expect(fleet.places[queue]?.device != nil)
        #expect(fleet.places[.device(owner: Sample.owner, id: "b2")]?.device != nil)
        #expect(fleet.places[.device(owner: Sample.owner, id: "old")] == nil)
    }

    @Test("An older generation is refused, also after the newer session has ended")
    func olderGeneration() throws {
        var fleet = Fleet()
        let first = SessionRef(gateway: .generate(), number: 1)
        let second = SessionRef(gateway: first.gateway, number: 2)
        try fleet.open(worker, ref: second, generation: 7, slots: 5, now: Sample.now)
        #expect(throws: Fault.self) {
            try fleet.open(worker, ref: first, generation: 6, slots: 5, now: Sample.now)
        }
        let closed = fleet.close(worker, generation: 7, now: Sample.now)
        #expect(closed)
        #expect(throws: Fault.self) {
            try fleet.open(worker, ref: first, generation: 6, slots: 5, now: Sample.now)
        }
    }

    @Test("The late end of an old session does not close the new one")
    func lateEnd() throws {
        var fleet = Fleet()
        let first = SessionRef(gateway: .generate(), number: 1)
        let second = SessionRef(gateway: first.gateway, number: 2)
        try fleet.open(worker, ref: first, generation: 1, slots: 5, now: Sample.now)
        try fleet.open(worker, ref: second, generation: 2, slots: 5, now: Sample.now)
        let closed = fleet.close(worker, generation: 1, now: Sample.now)
        #expect(!closed)
        #expect(fleet.sessions == [second: worker])
        #expect(fleet.workers(through: first.gateway).map(\.generation) == [2])
    }

    @Test("The deletion of a device without a session is reported")
    func deletion() throws {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot([Sample.device("box", star: true)]))
        let removal = DeviceChanges(
            incarnation: .generate(), revision: 2, snapshot: false, more: false,
            removed: [RemovedDevice(owner: Sample.owner, id: "box")])
        #expect(fleet.apply(removal) == [queue])
        #expect(fleet.defaultDevices.isEmpty)
    }

    @Test("A device that was deleted while no watch was open is reported with the next snapshot")
    func deletionWithoutWatch() throws {
        var fleet = Fleet()
        fleet.queue(queue) { $0.insert(Sample.record().queueEntry) }
        #expect(fleet.abandoned.isEmpty, "nothing is known before the first snapshot")
        #expect(fleet.apply(Sample.snapshot([Sample.device("other")])) == [queue])
        #expect(fleet.apply(Sample.snapshot([Sample.device("box")])).isEmpty)
    }
}
