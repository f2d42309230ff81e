import Messages
import Testing

@testable import Dispatcher

@Suite struct PlacementTests {
    private let key = QueueKey(owner: Sample.owner, device: "box")

    private func fleet(
        _ devices: [Device] = [Sample.device("box", status: .offline)], connected: Bool = false, slots: Int = 1
    ) throws -> Fleet {
        var fleet = Fleet()
        _ = fleet.apply(Sample.snapshot(devices))
        if connected {
            let ref = SessionRef(gateway: .generate(), number: 1)
            try fleet.open(key, ref: ref, generation: 1, slots: slots, now: Sample.now)
            fleet.markReported(key)
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

    @Test func aConnectedDeviceWithAFreeSlotGetsTheTask() throws {
        #expect(ask(try fleet(connected: true)) == .device(key))
    }

    @Test func anOfflineDeviceFailsANewTaskAndKeepsAQueuedOneWaiting() throws {
        let fleet = try self.fleet()
        guard case .fail(let fault) = ask(fleet) else { throw fault("not refused") }
        #expect(fault.code == .deviceOffline)
        #expect(fault.message.contains("Linux - box") && fault.message.contains("\(Sample.now)"))
        #expect(ask(fleet, device: "box", isNew: false) == .wait(key, .deviceOffline))
    }

    @Test func aDeviceThatTheRegistrySeesButThatHasNoSessionYetIsWaitedFor() throws {
        #expect(ask(try fleet([Sample.device("box")])) == .wait(key, .deviceOffline))
    }

    @Test func aSessionMakesADeviceExistBeforeTheRegistryTellsOfIt() throws {
        #expect(ask(try fleet([], connected: true)) == .device(key))
    }

    @Test func anUnknownDeviceIsNotFound() throws {
        #expect(code(ask(try fleet(), .device("none"))) == .deviceNotFound)
    }

    @Test func anotherOwnersDeviceIsNotFound() throws {
        #expect(code(ask(try fleet([Sample.device("box", owner: .generate())]))) == .deviceNotFound)
    }

    @Test func beforeTheRegistryIsKnownNothingIsSaidToBeMissing() {
        #expect(code(ask(Fleet())) == .unavailable)
        #expect(code(ask(Fleet(), .defaultDevice)) == .unavailable)
    }

    @Test func theDefaultIsTheStarredDevice() throws {
        #expect(code(ask(try fleet(), .defaultDevice)) == .targetRequired)
        var fleet = try self.fleet([Sample.device("box", star: true)], connected: true)
        #expect(ask(fleet, .defaultDevice) == .device(key))
        _ = fleet.apply(
            DeviceChanges(
                incarnation: .generate(), revision: 2, snapshot: false, more: false, devices: [Sample.device("box")]))
        #expect(code(ask(fleet, .defaultDevice)) == .targetRequired)
    }

    @Test func theCloudWaitsForAnExecutor() throws {
        let cloud = QueueKey(owner: Sample.owner, device: nil)
        #expect(ask(try fleet(connected: true), .cloud) == .wait(cloud, .noCloudExecutor))
    }

    @Test func aFullADrainingAndAPausedDeviceAreWaitedFor() throws {
        var fleet = try self.fleet(connected: true)
        fleet.queue(key) { $0.occupy(AttemptID(task: .generate(), attempt: 1)) }
        #expect(ask(fleet) == .wait(key, .deviceBusy))
        fleet = try self.fleet(connected: true)
        fleet.queue(key) { $0.reported(total: 1, draining: true, strays: []) }
        #expect(ask(fleet) == .wait(key, .deviceDraining))
        fleet = try self.fleet(connected: true)
        fleet.queue(key) { $0.pause() }
        #expect(ask(fleet) == .wait(key, .deviceBusy))
    }

    @Test func aBusyConversationWaitsBeforeAFreeSlot() throws {
        #expect(ask(try fleet(connected: true), busy: true) == .wait(key, .conversationBusy))
    }

    @Test func aNewSessionGetsNothingBeforeItsReport() throws {
        var fleet = try self.fleet()
        try fleet.open(
            key, ref: SessionRef(gateway: .generate(), number: 2), generation: 1, slots: 5, now: Sample.now)
        #expect(ask(fleet) == .wait(key, .deviceBusy))
    }

    private func fault(_ text: String) -> Fault { Fault(.internalError, text) }
}
