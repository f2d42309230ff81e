import Mesh
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Registry

/// Scripted answers of a gateway to probes of its sessions.
private final class ScriptedGateway: Sendable {
    private struct State {
        var alive: Set<SessionNumber> = []
        /// Sessions that do not answer a probe.
        var mute: Set<SessionNumber> = []
        var probes: [SessionNumber] = []
        var cuts: [SessionCut] = []
    }
    private let state = Mutex(State())

    var cuts: [SessionCut] { state.withLock { $0.cuts } }
    var probes: [SessionNumber] { state.withLock { $0.probes } }
    func set(alive sessions: [UInt64]) { state.withLock { $0.alive = Set(sessions.map { SessionNumber($0) }) } }
    func set(mute sessions: [UInt64]) { state.withLock { $0.mute = Set(sessions.map { SessionNumber($0) }) } }

    var handlers: Handlers {
        var handlers = Handlers()
        handlers.onRequest(SessionProbe.self) { [self] probe, _ in
            let (alive, mute) = state.withLock { state in
                state.probes.append(probe.session)
                return (state.alive.contains(probe.session), state.mute.contains(probe.session))
            }
            if mute { try await Task.sleep(for: .seconds(60)) }
            return SessionProbed(alive: alive)
        }
        handlers.onNotice(SessionCut.self) { [self] cut, _ in state.withLock { $0.cuts.append(cut) } }
        return handlers
    }
}

@Suite("Two machines with one id", .timeLimit(.minutes(2)))
struct CloneTests {
    private let one = BootID(high: 1, low: 1)
    private let two = BootID(high: 2, low: 2)
    private let three = BootID(high: 3, low: 3)

    @Test("Each machine gets its own id and keeps it over new sessions; the first is not disturbed")
    func clones() async throws {
        let registry = try await RegistryHarness()
        let (first, second) = (ScriptedGateway(), ScriptedGateway())
        first.set(alive: [1])
        second.set(alive: [2, 3, 4, 5])
        let left = try await registry.dial(name: "left", handlers: first.handlers)
        let right = try await registry.dial(name: "right", handlers: second.handlers)
        #expect(try await left.register(session: 1, boot: one).device == "box")
        #expect(try await right.register(session: 2, boot: two).device == "box-2")
        #expect(try await right.register(session: 3, boot: three).device == "box-3")
        // An executor that stores its id asks for it; one with a configured id asks for the first again.
        #expect(try await right.register("box-2", session: 4, boot: two).device == "box-2")
        #expect(try await right.register("box", session: 5, boot: three).device == "box-3")
        #expect(try await left.devices().map(\.id).sorted() == ["box", "box-2", "box-3"])
        #expect(try await left.devices().allSatisfy { $0.status == .online })
        #expect(try await left.device("box")?.route?.session == SessionNumber(1))
        // The same executor has dialled again: its older sessions are cut.
        try await eventually("the cuts") { second.cuts.map(\.session.value) == [2, 3] }
        #expect(second.cuts.allSatisfy { $0.cause == .replaced } && first.cuts.isEmpty)
        // A fourth machine that was given a taken suffix gets the next one, not a suffix of it.
        #expect(try await left.register("box-3", session: 9, boot: BootID(high: 4, low: 4)).device == "box-4")
        await registry.stop()
    }

    @Test("A dead session loses its id, and its late end changes nothing")
    func dead() async throws {
        let registry = try await RegistryHarness()
        let gateway = ScriptedGateway()
        let left = try await registry.dial(handlers: gateway.handlers)
        let right = try await registry.dial()
        let old = try await left.register(session: 1, boot: one)
        let new = try await right.register(session: 2, boot: two)
        #expect(new.device == "box" && new.generation == old.generation + 1)
        #expect(gateway.probes == [SessionNumber(1)])
        try await eventually("the cut") { gateway.cuts == [SessionCut(session: SessionNumber(1), cause: .replaced)] }
        left.peer.send(
            DeviceGone(owner: Samples.anna, device: "box", generation: old.generation, reason: "late"))
        #expect(try await left.device()?.status == .online)
        #expect(try await right.device()?.route?.gateway == right.identity.incarnation)
        await registry.stop()
    }

    @Test("A session that does not answer is dead after two seconds; other registrations do not wait")
    func mute() async throws {
        let registry = try await RegistryHarness()
        let gateway = ScriptedGateway()
        gateway.set(mute: [1])
        let left = try await registry.dial(handlers: gateway.handlers)
        _ = try await left.register(session: 1, boot: one)
        let start = ContinuousClock.now
        async let contested = left.register(session: 2, boot: two)
        try await eventually("the probe") { gateway.probes.count == 1 }
        for session in 10..<30 as Range<UInt64> { _ = try await left.register("other", session: session) }
        let between = ContinuousClock.now - start
        #expect(try await contested.device == "box")
        #expect(ContinuousClock.now - start >= RegistryLimits.probe)
        #expect(between < RegistryLimits.probe)
        await registry.stop()
    }

    @Test("A suffix that is another machine's own id stays with it while it is offline")
    func others() async throws {
        let registry = try await RegistryHarness()
        let gateway = ScriptedGateway()
        gateway.set(alive: [1])
        let caller = try await registry.dial(handlers: gateway.handlers)
        _ = try await caller.register(session: 1, boot: one)
        let other = try await caller.register("box-2", session: 2, boot: two, hostname: "mail")
        caller.peer.send(DeviceGone(owner: Samples.anna, device: "box-2", generation: other.generation, reason: "off"))
        #expect(try await caller.register(session: 3, boot: three).device == "box-3")
        // A machine gets its own suffix again, even after a reboot.
        caller.peer.send(DeviceGone(owner: Samples.anna, device: "box-3", generation: 1, reason: "off"))
        #expect(try await caller.register(session: 4, boot: BootID(high: 4, low: 4)).device == "box-3")
        #expect(try await caller.device("box-2")?.platform?.hostname == "mail")
        await registry.stop()
    }

    @Test("After a power loss the second machine gets its id back, though its dead session is still open")
    func powerLoss() async throws {
        let registry = try await RegistryHarness()
        let gateway = ScriptedGateway()
        gateway.set(alive: [1, 2, 3])
        let caller = try await registry.dial(handlers: gateway.handlers)
        _ = try await caller.register(session: 1, boot: one)
        #expect(try await caller.register(session: 2, boot: two, hostname: "b").device == "box-2")
        #expect(try await caller.register(session: 3, boot: three, hostname: "c").device == "box-3")
        gateway.set(alive: [1, 2])
        #expect(
            try await caller.register(session: 4, boot: BootID(high: 4, low: 4), hostname: "c").device == "box-3")
        #expect(gateway.probes.last == SessionNumber(3))
        await registry.stop()
    }

    @Test("After a restart of the registry an old, half-open session loses, in either order of arrival")
    func halfOpen() async throws {
        for oldFirst in [true, false] {
            let registry = try await RegistryHarness()
            let left = try await registry.dial(name: "left")
            let right = try await registry.dial(name: "right")
            if oldFirst { _ = try await left.register(session: 1, generation: 5, boot: one, again: true) }
            let new = try await right.register(session: 2, generation: 6, boot: one, again: true)
            let fault = await #expect(throws: Fault.self) {
                try await left.register(session: 1, generation: 5, boot: one, again: true)
            }
            #expect(fault?.code == .staleSession)
            #expect(try await left.device()?.generation == new.generation)
            #expect(try await left.device()?.route?.session == SessionNumber(2))
            // A new connection of the same process is newer than both.
            _ = try await left.register(session: 3, generation: 5, boot: one)
            #expect(try await left.device()?.route?.session == SessionNumber(3))
            await registry.stop()
        }
    }

    @Test("No session is opened for a gateway that has given up, or is about to")
    func late() async throws {
        let registry = try await RegistryHarness()
        let caller = try await registry.dial()
        await #expect(throws: Fault.self) {
            try await caller.register(session: 1, within: RegistryLimits.replyTime - .milliseconds(50))
        }
        // The refused generation is used up, and no device is left.
        #expect(try await caller.devices().isEmpty)
        #expect(
            try await caller.register(session: 2, boot: two)
                == DeviceRegistered(
                    device: "box", name: "Linux - box", generation: 2))
        await registry.stop()
    }

    @Test("A deleted device's session is cut at its gateway")
    func deleted() async throws {
        let registry = try await RegistryHarness()
        let gateway = ScriptedGateway()
        let left = try await registry.dial(handlers: gateway.handlers)
        let right = try await registry.dial()
        _ = try await left.register(session: 1)
        _ = try await right.peer.request(DeviceDelete(owner: Samples.anna, device: "box"))
        try await eventually("the cut") { gateway.cuts == [SessionCut(session: SessionNumber(1), cause: .deleted)] }
        await registry.stop()
    }

    @Test("A draining device is shown as draining until its next session")
    func draining() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        _ = try await gateway.register(session: 1)
        gateway.peer.send(DeviceReport(used: 1, total: 5, draining: true), session: 1)
        let draining = try await gateway.device()
        #expect(draining?.status == .online && draining?.statusReason == .draining)
        _ = try await gateway.register(session: 2, boot: one)
        #expect(try await gateway.device()?.statusReason == nil)
        await registry.stop()
    }

    @Test("After a restart a device is unknown, then offline, and watchers see both")
    func restart() async throws {
        let before = try await RegistryHarness()
        let gateway = try await before.dial()
        _ = try await gateway.register("a", session: 1)
        _ = try await gateway.register("b", session: 2)
        await before.stop()
        let after = try await RegistryHarness(before.folder, startGrace: .seconds(2))
        let again = try await after.dial()
        var watch = again.peer.items(DeviceWatch()).makeAsyncIterator()
        #expect(try await watch.next()?.devices.map(\.statusReason) == [.registryRestarted, .registryRestarted])
        let back = try await again.register("a", session: 1, generation: 1)
        #expect(try await watch.next()?.devices.map(\.status) == [.online])
        // A device with a closed session is offline at once, even right after the start.
        again.peer.send(DeviceGone(owner: Samples.anna, device: "a", generation: back.generation, reason: "closed"))
        #expect(try await watch.next()?.devices.map(\.status) == [.offline])
        let settled = try #require(try await watch.next())
        #expect(settled.devices.map(\.id) == ["b"] && settled.devices.map(\.status) == [.offline])
        #expect(settled.devices.first?.statusReason == nil)
        await after.stop()
    }
}
