import Messages

/// The state of one executor's session, as a value: its methods take what happened and return what to do.
///
/// new ─▶ registering ─▶ registered; from then on it has a ``LeaderLink`` to the leader of its owner's partition.
struct SessionState<Leader: Hashable & Sendable>: Sendable {
    /// What the session has to do, in this order.
    enum Action: Sendable, Equatable {
        /// Register at the registry; the result goes to ``SessionState/registered(_:ticket:)`` with this ticket.
        case register(DeviceRegister, ticket: UInt64)
        /// The device is registered: reply to the executor's request, or (nil) notify it of its new generation.
        case confirm(DeviceRegistered, correlation: UInt64?)
        /// Refuse the executor's request.
        case refuse(Fault, correlation: UInt64)
        /// Open the session at the leader; the result goes to ``SessionState/opened(_:ticket:)`` with this ticket.
        case open(Leader, SessionOpen, ticket: UInt64)
        /// Notify the executor that its leader is connected, then send the buffered frames.
        case linkUp(Leader, epoch: UInt64)
        /// Notify the executor that its leader is lost, and drop the buffered frames.
        case linkDown
        /// Look up the leader in the directory.
        case findLeader
        /// Look up the leader after ``GatewayLimits/openAgain``.
        case findLeaderLater
        /// Register again after ``GatewayLimits/openAgain``.
        case registerLater
        /// Notify the leader that the session has ended.
        case closeAtLeader(Leader, SessionClose)
        /// Notify the registry that the session has ended.
        case gone(DeviceGone)
        /// Close the WebSocket.
        case close(CloseReason)
    }

    /// What to do with a frame.
    enum Relay: Sendable, Equatable {
        case forward(Leader)
        /// Keep it until the link is up.
        case buffer
        case drop(RelayDropReason)
    }

    /// A registration that the registry has not answered yet.
    private struct PendingRegistration: Sendable {
        var message: DeviceRegister
        /// The executor's request; nil when the gateway registers again by itself.
        var correlation: UInt64?
        var ticket: UInt64
    }

    let owner: UserID
    let route: Route
    /// The executor's registration, with the id and generation that the registry gave; nil before the first reply.
    private(set) var registration: DeviceRegister?
    /// The slots and agents that the executor has reported since; they go into the next registration.
    private var reported: (slots: Int, agents: [Agent]?)?
    private var pending: PendingRegistration?
    private var link = LeaderLink<Leader>()
    private var lastTicket: UInt64 = 0
    private var hasEnded = false

    init(owner: UserID, route: Route) {
        self.owner = owner
        self.route = route
    }

    /// Whether the registry has accepted the device.
    var isRegistered: Bool { registration != nil }
    /// The leader that its frames go to; nil = none.
    var leader: Leader? { link.leader }
    /// Whether a registration is in flight.
    var isRegistering: Bool { pending != nil }

    // MARK: Registration

    /// Handles the executor's registration.
    mutating func register(_ message: DeviceRegister, correlation: UInt64) -> [Action] {
        func refusal(_ code: ErrorCode, _ text: String) -> [Action] {
            [.refuse(Fault(code, text), correlation: correlation)]
        }
        guard registration == nil, pending == nil else {
            return refusal(.conflict, "this connection has registered a device already")
        }
        guard Limits.generations.contains(message.generation) else {
            return refusal(.invalidRequest, "a generation is below 2^53, not \(message.generation)")
        }
        // The registry checks it too, but may be away.
        if let complaint = DeviceName.complaint(message.name) {
            return refusal(.invalidRequest, "a device name \(complaint); set another one with --name")
        }
        var message = message
        message.owner = owner
        message.route = route
        message.again = nil
        return send(message, correlation: correlation)
    }

    /// Handles a new connection of the registry, which knows nothing of this session.
    mutating func registryConnected() -> [Action] {
        guard !hasEnded, var message = registration else { return [] }
        message.again = true
        if let reported {
            message.slots = reported.slots
            message.agents = reported.agents ?? message.agents
        }
        return send(message, correlation: nil)
    }

    private mutating func send(_ message: DeviceRegister, correlation: UInt64?) -> [Action] {
        let ticket = nextTicket()
        pending = PendingRegistration(message: message, correlation: correlation, ticket: ticket)
        return [.register(message, ticket: ticket)]
    }

    /// Handles the executor's report.
    mutating func reported(_ report: DeviceReport) {
        guard isRegistered, Limits.slots.contains(report.total) else { return }
        reported = (report.total, report.agents ?? reported?.agents)
    }

    /// Handles the registry's reply.
    mutating func registered(_ result: Result<DeviceRegistered, Fault>, ticket: UInt64) -> [Action] {
        guard let pending, pending.ticket == ticket else { return [] }
        self.pending = nil
        guard !hasEnded else { return withdraw(result) }
        switch result {
        case .success(let reply): return accept(reply, pending.message, pending.correlation)
        case .failure(let fault):
            if let correlation = pending.correlation { return [.refuse(fault, correlation: correlation)] }
            // The executor's own registration was valid, so the reported values were not.
            if fault.code == .invalidRequest { reported = nil }
            return fault.code == .staleSession ? [.close(.replaced)] : [.registerLater]
        }
    }

    /// Handles a registration while the registry is away. A device that was registered before continues under the next
    /// generation, which the registry replaces when it is back (``registryConnected()``); a new device is refused.
    /// - Parameter known: The generation of the device's newest session at this gateway; 0 = there is none.
    mutating func registryIsAway(_ fault: Fault, known: UInt64 = 0, ticket: UInt64) -> [Action] {
        guard let pending, pending.ticket == ticket, let correlation = pending.correlation, !hasEnded,
            pending.message.generation > 0
        else { return registered(.failure(fault), ticket: ticket) }
        self.pending = nil
        let message = pending.message
        let generation = max(message.generation, known) + 1
        let reply = DeviceRegistered(device: message.device, name: message.name, generation: generation)
        return accept(reply, message, correlation)
    }

    private mutating func accept(
        _ reply: DeviceRegistered, _ message: DeviceRegister, _ correlation: UInt64?
    ) -> [Action] {
        var accepted = message
        accepted.device = reply.device
        accepted.generation = reply.generation
        accepted.again = nil
        registration = accepted
        return [.confirm(reply, correlation: correlation)] + (link.leader.map { open($0) } ?? [.findLeader])
    }

    /// The WebSocket closed while the device registered: without this notice the device would stay online for ever.
    private func withdraw(_ result: Result<DeviceRegistered, Fault>) -> [Action] {
        guard case .success(let reply) = result else { return [] }
        return [
            .gone(
                DeviceGone(
                    owner: owner, device: reply.device, generation: reply.generation,
                    reason: "the connection ended while the device registered"))
        ]
    }

    // MARK: The leader

    /// Handles a look-up or a change of the owner's leader; nil = none is connected.
    mutating func leaderIs(_ leader: Leader?) -> [Action] {
        guard !hasEnded, isRegistered, leader != link.leader || leader == nil else { return [] }
        return closeLink() + (leader.map { open($0) } ?? [])
    }

    /// Handles the leader's reply to the open.
    mutating func opened(_ result: Result<SessionOpened, Fault>, ticket: UInt64) -> [Action] {
        guard link.awaits(ticket), let leader = link.leader else { return [] }
        // The close was sent already, but may have overtaken the open.
        if hasEnded { return close("the connection ended while its session was opened", at: leader) }
        switch result {
        case .success(let reply):
            link.opened()
            return [.linkUp(leader, epoch: reply.epoch)]
        case .failure(let fault):
            return closeLink() + [fault.code == .staleSession ? .close(.replaced) : .findLeaderLater]
        }
    }

    private mutating func closeLink() -> [Action] { link.close() ? [.linkDown] : [] }

    private mutating func open(_ leader: Leader) -> [Action] {
        guard let registration else { return [] }
        let ticket = nextTicket()
        link.open(at: leader, ticket: ticket)
        let open = SessionOpen(
            owner: owner, device: registration.device, generation: registration.generation, session: route.session,
            slots: registration.slots)
        return [.open(leader, open, ticket: ticket)]
    }

    // MARK: Frames

    /// What to do with a notice from the executor.
    func relay(fromExecutor type: String) -> Relay {
        guard isRegistered else { return .drop(.unregistered) }
        guard SessionMessages.fromExecutor.contains(type) else { return .drop(.notAllowed) }
        // Nothing is buffered while the link opens: once it is up the executor reports and sends what is not
        // acknowledged again.
        guard link.isUp, let leader = link.leader else { return .drop(.linkDown) }
        return .forward(leader)
    }

    /// What to do with a frame from a dispatcher.
    func relay(from leader: Leader) -> Relay {
        guard !hasEnded, leader == link.leader else { return .drop(.staleLeader) }
        return link.isUp ? .forward(leader) : .buffer
    }

    // MARK: The end

    /// Handles the end of the WebSocket.
    mutating func ended(_ reason: String) -> [Action] {
        guard !hasEnded else { return [] }
        hasEnded = true
        guard let registration else { return [] }
        let gone = DeviceGone(
            owner: owner, device: registration.device, generation: registration.generation, reason: reason)
        return ((link.leader ?? link.lastAsked).map { close(reason, at: $0) } ?? []) + [.gone(gone)]
    }

    private func close(_ reason: String, at leader: Leader) -> [Action] {
        guard let registration else { return [] }
        let close = SessionClose(
            owner: owner, device: registration.device, generation: registration.generation, reason: reason)
        return [.closeAtLeader(leader, close)]
    }

    private mutating func nextTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }
}
