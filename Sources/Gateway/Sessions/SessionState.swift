import Messages

/// The life of one executor's session as a value: told what happened, it says what to do.
///
/// new ─▶ registering ─▶ registered, and from then on a link to the owner's leader that is down, opening or up.
/// `Leader` is a dispatcher's connection: a dispatcher that was lost and found again is another leader.
struct SessionState<Leader: Hashable & Sendable>: Sendable {
    /// What its carrier has to do, in this order.
    enum Action: Sendable, Equatable {
        /// Ask the registry, and tell ``SessionState/registered(_:ticket:)`` with this ticket.
        case register(DeviceRegister, ticket: UInt64)
        /// The device is known by this: answer the executor's request, or (nil) tell it of its new number.
        case answer(DeviceRegistered, correlation: UInt64?)
        /// Refuse the executor's request.
        case refuse(Fault, correlation: UInt64)
        /// Ask the leader to open the session, and tell ``SessionState/opened(_:ticket:)`` with this ticket.
        case open(Leader, SessionOpen, ticket: UInt64)
        /// Tell the executor that its leader can be reached, then send it what was held back.
        case linkUp(Leader, epoch: UInt64)
        /// Tell the executor that its leader cannot be reached, and forget what was held back.
        case linkDown
        /// Look for the leader.
        case look
        /// Look for the leader again after ``GatewayLimits/openAgain``.
        case lookAgain
        /// Ask the registry again after ``GatewayLimits/openAgain``.
        case registerAgain
        /// Tell the leader that the session has ended.
        case closeAtLeader(Leader, SessionClose)
        /// Tell the registry that the session has ended.
        case gone(DeviceGone)
        /// Close the WebSocket.
        case close(SessionEnd)
    }

    /// What becomes of a frame.
    enum Passage: Sendable, Equatable {
        case pass(Leader)
        /// Keep it until the link is up.
        case hold
        /// Counted under this reason.
        case drop(DropReason)
    }

    private enum Link: Sendable, Equatable {
        case down
        case opening(Leader, ticket: UInt64)
        case up(Leader)
        /// Up, and being opened again with a newer generation.
        case reopening(Leader, ticket: UInt64)

        var leader: Leader? {
            switch self {
            case .down: nil
            case .opening(let leader, _), .up(let leader), .reopening(let leader, _): leader
            }
        }
        var isUp: Bool {
            switch self {
            case .down, .opening: false
            case .up, .reopening: true
            }
        }
    }

    let owner: UserID
    let route: Route
    /// What the executor said, with the id and the generation that the registry gave; nil before the first answer.
    private(set) var registration: DeviceRegister?
    /// The slots and agents that the executor has reported since, for a registry that has to be told again.
    private var reported: (slots: Int, agents: [Agent]?)?
    private var pending: (asked: DeviceRegister, correlation: UInt64?, ticket: UInt64)?
    private var link = Link.down
    /// Who was last asked to open the session, and may have done so even where its answer never came.
    private var asked: Leader?
    private var tickets: UInt64 = 0
    private var ended = false

    init(owner: UserID, route: Route) {
        self.owner = owner
        self.route = route
    }

    /// Whether the registry knows it.
    var isRegistered: Bool { registration != nil }
    /// Whether it waits for the registry.
    var isRegistering: Bool { pending != nil }

    // MARK: Registration

    /// The executor registers.
    mutating func register(_ asked: DeviceRegister, correlation: UInt64) -> [Action] {
        guard registration == nil, pending == nil else {
            return [
                .refuse(Fault(.conflict, "this connection has registered a device already"), correlation: correlation)
            ]
        }
        guard Limits.generations.contains(asked.generation) else {
            return [
                .refuse(
                    Fault(.invalidRequest, "a generation is below 2^53, not \(asked.generation)"),
                    correlation: correlation)
            ]
        }
        var asked = asked
        asked.owner = owner
        asked.route = route
        asked.again = nil
        let ticket = next()
        pending = (asked, correlation, ticket)
        return [.register(asked, ticket: ticket)]
    }

    /// The registry is there again and knows nothing of this session.
    mutating func registryReturned() -> [Action] {
        guard !ended, var again = registration else { return [] }
        again.again = true
        if let reported {
            again.slots = reported.slots
            again.agents = reported.agents ?? again.agents
        }
        let ticket = next()
        pending = (again, nil, ticket)
        return [.register(again, ticket: ticket)]
    }

    /// The executor has reported.
    mutating func reported(_ report: DeviceReport) {
        guard isRegistered, Limits.slots.contains(report.total) else { return }
        reported = (report.total, report.agents ?? reported?.agents)
    }

    /// The registry has answered.
    mutating func registered(_ result: Result<DeviceRegistered, Fault>, ticket: UInt64) -> [Action] {
        guard let pending, pending.ticket == ticket else { return [] }
        self.pending = nil
        guard !ended else { return forget(result) }
        switch result {
        case .success(let answer): return known(answer, pending.asked, pending.correlation)
        case .failure(let fault):
            if let correlation = pending.correlation { return [.refuse(fault, correlation: correlation)] }
            // What it registered with was good.
            if fault.code == .invalidRequest { reported = nil }
            return fault.code == .staleSession ? [.close(.replaced)] : [.registerAgain]
        }
    }

    /// There is no registry to ask. A device that was registered before works on under the next number: this gateway's
    /// own guess, which the registry replaces when it is back (``registryReturned()``). A new one is refused.
    /// - Parameter known: The generation of the device's newest session at this gateway; 0 = there is none.
    mutating func registryIsAway(_ fault: Fault, known: UInt64 = 0, ticket: UInt64) -> [Action] {
        guard let pending, pending.ticket == ticket, let correlation = pending.correlation, !ended,
            pending.asked.generation > 0
        else { return registered(.failure(fault), ticket: ticket) }
        self.pending = nil
        let asked = pending.asked
        let generation = max(asked.generation, known) + 1
        let answer = DeviceRegistered(device: asked.device, name: asked.name, generation: generation)
        return self.known(answer, asked, correlation)
    }

    private mutating func known(
        _ answer: DeviceRegistered, _ asked: DeviceRegister, _ correlation: UInt64?
    ) -> [Action] {
        var known = asked
        known.device = answer.device
        known.generation = answer.generation
        known.again = nil
        registration = known
        return [.answer(answer, correlation: correlation)] + (link.leader.map { open($0) } ?? [.look])
    }

    /// The WebSocket was closed while the registry took the device in: without a word it would seem online for ever.
    private func forget(_ result: Result<DeviceRegistered, Fault>) -> [Action] {
        guard case .success(let answer) = result else { return [] }
        return [
            .gone(
                DeviceGone(
                    owner: owner, device: answer.device, generation: answer.generation,
                    reason: "the connection ended while the device registered"))
        ]
    }

    // MARK: The leader

    /// The owner's leader is this one now; nil = none can be reached.
    mutating func leaderIs(_ leader: Leader?) -> [Action] {
        guard !ended, isRegistered, leader != link.leader || leader == nil else { return [] }
        let down: [Action] = link.isUp ? [.linkDown] : []
        link = .down
        return down + (leader.map { open($0) } ?? [])
    }

    /// The leader has answered.
    mutating func opened(_ result: Result<SessionOpened, Fault>, ticket: UInt64) -> [Action] {
        switch link {
        case .opening(let leader, ticket), .reopening(let leader, ticket):
            // The end was told already, but may have overtaken the question.
            if ended { return close("the connection ended while its session was opened", at: leader) }
            switch result {
            case .success(let answer):
                link = .up(leader)
                return [.linkUp(leader, epoch: answer.epoch)]
            case .failure(let fault):
                let down: [Action] = link.isUp ? [.linkDown] : []
                link = .down
                return down + [fault.code == .staleSession ? .close(.replaced) : .lookAgain]
            }
        default: return []
        }
    }

    private mutating func open(_ leader: Leader) -> [Action] {
        guard let registration else { return [] }
        let ticket = next()
        asked = leader
        link = link.isUp ? .reopening(leader, ticket: ticket) : .opening(leader, ticket: ticket)
        let open = SessionOpen(
            owner: owner, device: registration.device, generation: registration.generation, session: route.session,
            slots: registration.slots)
        return [.open(leader, open, ticket: ticket)]
    }

    // MARK: Frames

    /// What becomes of a notice of the executor's.
    func passage(fromExecutor type: String) -> Passage {
        guard isRegistered else { return .drop(.unregistered) }
        guard SessionMessages.fromExecutor.contains(type) else { return .drop(.notAllowed) }
        // While it opens nothing is kept: the executor reports and repeats what is not acked when the link is up.
        guard link.isUp, let leader = link.leader else { return .drop(.linkDown) }
        return .pass(leader)
    }

    /// What becomes of a frame of a leader's.
    func passage(from leader: Leader) -> Passage {
        guard !ended, leader == link.leader else { return .drop(.staleLeader) }
        return link.isUp ? .pass(leader) : .hold
    }

    // MARK: The end

    /// The WebSocket is closed.
    mutating func ended(_ reason: String) -> [Action] {
        guard !ended else { return [] }
        ended = true
        guard let registration else { return [] }
        let gone = DeviceGone(
            owner: owner, device: registration.device, generation: registration.generation, reason: reason)
        return ((link.leader ?? asked).map { close(reason, at: $0) } ?? []) + [.gone(gone)]
    }

    private func close(_ reason: String, at leader: Leader) -> [Action] {
        guard let registration else { return [] }
        let close = SessionClose(
            owner: owner, device: registration.device, generation: registration.generation, reason: reason)
        return [.closeAtLeader(leader, close)]
    }

    private mutating func next() -> UInt64 {
        tickets += 1
        return tickets
    }
}
