import Messages
import Testing

@testable import Dispatcher

@Suite("Placement")
struct PlacementTests {
    private let queue = QueueID.device(owner: Sample.owner, id: "box")
    private let worker = WorkerID(owner: Sample.owner, device: "box")

    private func fleet(
        _ devices: [Device] = [Sample.device("box", status: .offline)], connected: Bool = false, slots: Int = 1
    ) throws -> Fleet {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot(devices))
        if connected {
            let ref = SessionRef(gateway: .generate(), number: 1)
            try fleet.open(worker, ref: ref, generation: 1, slots: slots, now: Sample.now)
            fleet.markReported(worker)
        }
        return fleet
    }

    private func ask(
        _ fleet: Fleet, _ target: Target = .device("box"), device: String? = nil, isNew: Bool = true, busy: Bool = false
    ) -> Placement.Decision {
        Placement.decide(
            Placement.Question(
                owner: Sample.owner, target: target, device: device, isNew: isNew, conversationIsBusy: busy),
            fleet: fleet, now: Sample.now)
    }

    private func code(_ decision: Placement.Decision) -> ErrorCode? {
        if case .fail(let fault) = decision { fault.code } else { nil }
    }

    @Test("A connected device with a free slot gets the task")
    func freeSlot() throws {
        #expect(ask(try fleet(connected: true)) == .device(queue))
    }

    @Test("An offline device fails a new task and keeps a queued one waiting")
    func offline() throws {
        let fleet = try self.fleet()
        guard case .fail(let fault) = ask(fleet) else { throw fault("not refused") }
        #expect(fault.code == .deviceOffline)
        #expect(fault.message.contains("Linux - box") && fault.message.contains("\(Sample.now)"))
        #expect(ask(fleet, device: "box", isNew: false) == .wait(queue, .deviceOffline))
    }

    @Test("A task waits for a device that the registry lists as online and that has no session yet")
    func expected() throws {
        #expect(ask(try fleet([Sample.device("box")])) == .wait(queue, .deviceOffline))
    }

    @Test("A device with a session exists before the registry lists it")
    func sessionFirst() throws {
        #expect(ask(try fleet([], connected: true)) == .device(queue))
    }

    @Test("An unknown device is not found")
    func unknown() throws {
        #expect(code(ask(try fleet(), .device("none"))) == .deviceNotFound)
    }

    @Test("Another owner's device is not found")
    func otherOwner() throws {
        #expect(code(ask(try fleet([Sample.device("box", owner: .generate())]))) == .deviceNotFound)
    }

    @Test("Before the first snapshot no device counts as missing")
    func registryAway() {
        #expect(code(ask(Fleet())) == .unavailable)
        #expect(code(ask(Fleet(), .defaultDevice)) == .unavailable)
    }

    @Test("The default is the starred device")
    func defaultDevice() throws {
        #expect(code(ask(try fleet(), .defaultDevice)) == .targetRequired)
        var fleet = try self.fleet([Sample.device("box", star: true)], connected: true)
        #expect(ask(fleet, .defaultDevice) == .device(queue))
        _ = fleet.apply(
            DeviceChanges(
                incarnation: .generate(), revision: 2, snapshot: false, more: false, devices: [Sample.device("box")]))
        #expect(code(ask(fleet, .defaultDevice)) == .targetRequired)
    }

    @Test("A task for the cloud waits for an executor")
    func cloud() throws {
        let cloud = QueueID.cloud(owner: Sample.owner)
        #expect(ask(try fleet(connected: true), .cloud) == .wait(cloud, .noCloudExecutor))
    }

    @Test("A task waits for a full, a draining and a paused device")
    func busy() throws {
        var fleet = try self.fleet(connected: true)
        fleet.slots(queue) { $0.occupy(AttemptID(task: .generate(), attempt: 1)) }
        #expect(ask(fleet) == .wait(queue, .deviceBusy))
        fleet = try self.fleet(connected: true)
        fleet.slots(queue) { $0.report(total: 1, draining: true, unwanted: []) }
        #expect(ask(fleet) == .wait(queue, .deviceDraining))
        fleet = try self.fleet(connected: true)
        fleet.slots(queue) { $0.pause() }
        #expect(ask(fleet) == .wait(queue, .deviceBusy))
    }

    @Test("A busy conversation waits although a slot is free")
    func busyConversation() throws {
        #expect(ask(try fleet(connected: true), busy: true) == .wait(queue, .conversationBusy))
    }

    @Test("A new session gets no task before its report")
    func report() throws {
        var fleet = try self.fleet()
        try fleet.open(
            worker, ref: SessionRef(gateway: .generate(), number: 2), generation: 1, slots: 5, now: Sample.now)
        #expect(ask(fleet) == .wait(queue, .deviceBusy))
    }

    private func fault(_ text: String) -> Fault { Fault(.internalError, text) }
}
