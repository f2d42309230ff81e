import Messages
import Testing

@testable import Gateway

@Suite("Session state")
struct SessionStateTests {
    private typealias State = SessionState<Int>
    private let owner = UserID.generate()
    private let route = Messages.Route(gateway: .generate(), session: .generate())

    private func fresh() -> State { State(owner: owner, route: route) }

    private func message(generation: UInt64 = 0, owner: UserID? = nil) -> DeviceRegister {
        DeviceRegister(
            device: "box", name: "Linux - box", boot: .generate(), version: "1", slots: 5,
            platform: Platform(os: "linux", arch: "x86_64", hostname: "box"), generation: generation, owner: owner)
    }

    private func answer(_ generation: UInt64) -> DeviceRegistered {
        DeviceRegistered(device: "box", name: "Linux - box", generation: generation)
    }

    private func open(_ generation: UInt64) -> SessionOpen {
        SessionOpen(owner: owner, device: "box", generation: generation, session: route.session, slots: 5)
    }

    /// Registered with generation 1 and linked with leader 10.
    private func linked() -> State {
        var state = fresh()
        _ = state.register(message(), correlation: 3)
        _ = state.registered(.success(answer(1)), ticket: 1)
        _ = state.leaderIs(10)
        _ = state.opened(.success(SessionOpened(epoch: 4)), ticket: 2)
        return state
    }

    @Test("The gateway sets a registration's owner and route, whatever the executor sent")
    func register() {
        var state = fresh()
        let asked = message(owner: .generate())
        let actions = state.register(asked, correlation: 3)
        var stamped = asked
        stamped.owner = owner
        stamped.route = route
        #expect(actions == [.register(stamped, ticket: 1)])
        #expect(state.registered(.success(answer(8)), ticket: 1) == [.confirm(answer(8), correlation: 3), .findLeader])
        #expect(state.leaderIs(10) == [.open(10, open(8), ticket: 2)])
        #expect(
            state.opened(.success(SessionOpened(epoch: 4)), ticket: 2) == [.linkUp(10, epoch: 4)])
    }

    @Test("While the registry is away, a known device works on under the next generation")
    func registryAway() {
        let away = Fault(.unavailable, "away")
        var new = fresh()
        _ = new.register(message(), correlation: 3)
        #expect(new.registryIsAway(away, ticket: 1) == [.refuse(away, correlation: 3)])
        #expect(!new.isRegistered)
        var known = fresh()
        _ = known.register(message(generation: 4), correlation: 3)
        #expect(known.registryIsAway(away, ticket: 9) == [])
        #expect(known.registryIsAway(away, ticket: 1) == [.confirm(answer(5), correlation: 3), .findLeader])
        #expect(known.leaderIs(10) == [.open(10, open(5), ticket: 2)])
        guard case .register(let again, 3)? = known.registryConnected().first else {
            Issue.record("not registered again")
            return
        }
        #expect(again.generation == 5)
        #expect(known.registryIsAway(away, ticket: 3) == [.registerLater])
    }

    @Test("An impossible generation is refused", arguments: [1 << 53, .max] as [UInt64])
    func impossible(_ generation: UInt64) {
        var state = fresh()
        guard case .refuse(let fault, 3)? = state.register(message(generation: generation), correlation: 3).first else {
            Issue.record("not refused")
            return
        }
        #expect(fault.code == .invalidRequest)
        #expect(!state.isRegistering)
    }

    @Test(
        "A name that cannot be is refused although the registry is away",
        arguments: ["", " \u{a0}", "\u{200b}\u{2060}", "a\u{1b}[2J"])
    func names(_ name: String) {
        var state = fresh()
        var message = message(generation: 4)
        message.name = name
        guard case .refuse(let fault, 3)? = state.register(message, correlation: 3).first else {
            Issue.record("not refused")
            return
        }
        #expect(fault.code == .invalidRequest && fault.message.contains("--name") && !state.isRegistering)
    }

    @Test("A generation without a registry is above that of the device's newest session here")
    func guess() {
        var state = fresh()
        _ = state.register(message(generation: 4), correlation: 3)
        let away = Fault(.unavailable, "away")
        #expect(
            state.registryIsAway(away, known: 5, ticket: 1).first == .confirm(answer(6), correlation: 3))
    }

    @Test("A second registration is refused; after a refusal the executor may register again")
    func again() {
        var state = fresh()
        _ = state.register(message(), correlation: 3)
        guard case .refuse(let fault, 4) = state.register(message(), correlation: 4).first else {
            Issue.record("not refused")
            return
        }
        #expect(fault.code == .conflict)
        let away = Fault(.unavailable, "away")
        #expect(state.registered(.failure(away), ticket: 1) == [.refuse(away, correlation: 3)])
        #expect(state.register(message(), correlation: 5).count == 1)
        #expect(state.isRegistering)
    }

    @Test("Nothing is relayed before the registration, and after it only an executor's notices")
    func relays() {
        var state = fresh()
        #expect(state.relay(fromExecutor: EventsAppend.type) == .drop(.unregistered))
        _ = state.register(message(), correlation: 3)
        _ = state.registered(.success(answer(1)), ticket: 1)
        #expect(state.relay(fromExecutor: EventsAppend.type) == .drop(.linkDown))
        _ = state.leaderIs(10)
        #expect(state.relay(fromExecutor: EventsAppend.type) == .drop(.linkDown))
        #expect(state.relay(from: 10) == .buffer)
        #expect(state.relay(from: 11) == .drop(.staleLeader))
        _ = state.opened(.success(SessionOpened(epoch: 4)), ticket: 2)
        for type in SessionMessages.fromExecutor { #expect(state.relay(fromExecutor: type) == .forward(10)) }
        for type in [
            SessionClose.type, DeviceGone.type, TaskAssign.type, LinkState.type, ApprovalRecorded.type,
            ApprovalAnswer.type, ApprovalDecide.type, "new.thing",
        ] {
            #expect(state.relay(fromExecutor: type) == .drop(.notAllowed))
        }
        #expect(state.relay(from: 10) == .forward(10))
        #expect(state.relay(from: 11) == .drop(.staleLeader))
    }

    @Test("A lost leader is reported, and the session is opened at the next one")
    func leaders() {
        var state = linked()
        #expect(state.leaderIs(10) == [])
        #expect(state.leaderIs(nil) == [.linkDown])
        #expect(state.leaderIs(nil) == [])
        #expect(state.leaderIs(11) == [.open(11, open(1), ticket: 3)])
        // A reply of the old leader comes too late.
        #expect(state.opened(.success(SessionOpened(epoch: 9)), ticket: 2) == [])
        #expect(state.leaderIs(12) == [.open(12, open(1), ticket: 4)])
        #expect(state.opened(.success(SessionOpened(epoch: 5)), ticket: 4) == [.linkUp(12, epoch: 5)])
        #expect(state.leaderIs(13) == [.linkDown, .open(13, open(1), ticket: 5)])
    }

    @Test("A session that cannot be opened is opened again later, a replaced one is closed")
    func refusedOpen() {
        var state = linked()
        _ = state.leaderIs(11)
        #expect(state.opened(.failure(Fault(.notLeader, "no")), ticket: 3) == [.findLeaderLater])
        #expect(state.leaderIs(11) == [.open(11, open(1), ticket: 4)])
        #expect(state.opened(.failure(Fault(.staleSession, "no")), ticket: 4) == [.close(.replaced)])
    }

    @Test("When the registry reconnects, the session registers again and works on meanwhile")
    func registryReconnects() throws {
        var state = linked()
        var known = try #require(state.registration)
        #expect(known.generation == 1)
        known.again = true
        #expect(state.registryConnected() == [.register(known, ticket: 3)])
        #expect(state.relay(fromExecutor: EventsAppend.type) == .forward(10))
        // Two registrations are in flight: only the reply to the last one counts.
        #expect(state.registryConnected() == [.register(known, ticket: 4)])
        #expect(state.registered(.success(answer(2)), ticket: 3) == [])
        #expect(
            state.registered(.success(answer(3)), ticket: 4)
                == [.confirm(answer(3), correlation: nil), .open(10, open(3), ticket: 5)])
        #expect(state.relay(from: 10) == .forward(10))
        #expect(state.opened(.success(SessionOpened(epoch: 4)), ticket: 5) == [.linkUp(10, epoch: 4)])
        #expect(state.registryConnected().count == 1)
        #expect(state.registered(.failure(Fault(.unavailable, "away")), ticket: 6) == [.registerLater])
    }

    @Test("A later registration has the executor's last report, unless the registry refused it")
    func reported() {
        var state = linked()
        let agents = [Agent(name: "shell", version: nil, ready: true, detail: nil)]
        state.reported(DeviceReport(used: 0, total: 7, draining: false, agents: agents))
        state.reported(DeviceReport(used: 0, total: 8, draining: false))
        state.reported(DeviceReport(used: 0, total: 0, draining: false))
        guard case .register(let again, 3)? = state.registryConnected().first else {
            Issue.record("not registered again")
            return
        }
        #expect(again.agents == agents && again.slots == 8 && again.again == true)
        let fault = Fault(.invalidRequest, "no")
        #expect(state.registered(.failure(fault), ticket: 3) == [.registerLater])
        guard case .register(let plain, 4)? = state.registryConnected().first else {
            Issue.record("not registered again")
            return
        }
        #expect(plain.agents.isEmpty && plain.slots == 5)
        #expect(state.registered(.success(answer(2)), ticket: 4).first == .confirm(answer(2), correlation: nil))
        #expect(state.registration?.again == nil)
    }

    @Test("A session that ends while it registers is withdrawn at the registry")
    func endWhileRegistering() {
        var state = fresh()
        guard case .register(_, let ticket) = state.register(message(), correlation: 1).first else {
            return #expect(Bool(false), "no registration")
        }
        #expect(state.ended("why") == [])
        guard case .gone(let gone) = state.registered(.success(answer(4)), ticket: ticket).first else {
            return #expect(Bool(false), "no device.gone")
        }
        #expect(gone.owner == owner && gone.device == answer(4).device && gone.generation == 4)
    }

    @Test("A session that ends while the leader opens it is closed there again after the open")
    func endWhileOpening() {
        var state = fresh()
        _ = state.register(message(), correlation: 1)
        _ = state.registered(.success(answer(4)), ticket: 1)
        guard case .open(_, _, let ticket) = state.leaderIs(10).first else {
            return #expect(Bool(false), "no open")
        }
        #expect(state.ended("why").count == 2)
        let late = state.opened(.success(SessionOpened(epoch: 1)), ticket: ticket)
        guard case .closeAtLeader(10, let close) = late.first, late.count == 1 else {
            return #expect(Bool(false), "no second close: \(late)")
        }
        #expect(close.generation == 4)
    }

    @Test("The leader and the registry are notified of the end, once")
    func end() {
        var state = linked()
        let close = SessionClose(owner: owner, device: "box", generation: 1, reason: "why")
        let gone = DeviceGone(owner: owner, device: "box", generation: 1, reason: "why")
        #expect(state.ended("why") == [.closeAtLeader(10, close), .gone(gone)])
        #expect(state.ended("why") == [])
        #expect(state.leaderIs(11) == [])
        #expect(state.registryConnected() == [])
        var unknown = fresh()
        #expect(unknown.ended("why") == [])
    }
}
