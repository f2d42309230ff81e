import Logging
import Messages

/// What an executor knows and decides: its session, its attempts and slots, its outbox. ``ExecutorHandlers`` reads
/// the frames for it; ``Session`` and ``Outbox`` are the values that it carries.
actor ExecutorService {
    /// The parts that it is built from.
    struct Parts: Sendable {
        var identity: DeviceIdentity
        /// Whether the id was chosen by a person, so that the home does not keep another.
        var identityIsFixed: Bool
        var children: LiveChildren
        var home: Home
        /// `HOST` or `HOST:PORT` of the backend, whose leaders' epochs count.
        var backend: String
        var dialer: any Dialer
        var agents: [any AgentDriver]
        var workspaces: Workspaces
        var rules: PermissionRules
        var slots: Int
        /// See ``ExecutorLimits/spool``.
        var spoolBound: Int
        var times: ExecutorTimes
        var version: String
    }

    let parts: Parts
    let logger: Logger
    var identity: DeviceIdentity
    var session: Session
    var outbox: Outbox
    /// Attempts that hold a slot.
    var running: [AttemptID: RunningAttempt] = [:]
    /// Verdicts that are still to be kept.
    var unkept: [AttemptID: UnkeptVerdict] = [:]
    /// Attempts whose spool could not be read when it was looked at last.
    var unreadable: Set<AttemptID> = []
    /// Permission requests that wait for an answer.
    var approvals = Approvals()
    /// What attempts were told in vain a moment ago.
    var outdated: [AttemptID: OutdatedHistory] = [:]
    let lookup = WorkspaceLookup()
    var draining = false
    /// Agents that wait because their attempt's spool is full.
    var paused: [AttemptID: [CheckedContinuation<Void, Never>]] = [:]
    /// When a leader was last heard; the lease of attempts runs from here.
    ///
    /// On Linux this clock goes on while the machine sleeps (`CLOCK_BOOTTIME`), and it is never set: the dispatcher's
    /// time goes on as well, so a laptop that wakes up too late ends its attempts before it says another word.
    var leaderHeard = ContinuousClock.now
    var link: (any ExecutorLink)?
    /// What the agents said of themselves last, and what of it the registry has been told.
    var agents: [Messages.Agent] = []
    var announcedAgents: [Messages.Agent] = []

    var registration: UInt64 = 0
    /// The epoch that is in the home.
    var keptEpoch: UInt64
    var random = SystemRandomNumberGenerator()
    private var pumping = false
    private var reported = ContinuousClock.now
    private var probed = ContinuousClock.now
    var ticker: Task<Void, Never>?
    var dial: Task<Void, Never>?
    private var waiters: [CheckedContinuation<DeviceRegistered, any Error>] = []
    private var verdict: Result<DeviceRegistered, any Error>?
    /// The stop is over.
    let over = Occurrence()
    var change: Occurrence?
    /// Told of a refusal that ends everything after the start.
    let gaveUp: @Sendable (Fault) -> Void

    init(_ parts: Parts, logger: Logger, gaveUp: @escaping @Sendable (Fault) -> Void) {
        self.parts = parts
        self.logger = logger
        self.gaveUp = gaveUp
        identity = parts.identity
        keptEpoch = Self.keptEpoch(parts.home.lines(.epoch), of: parts.backend)
        session = Session(backoff: parts.times.backoff, epoch: keptEpoch)
        outbox = Outbox(directory: parts.home.spool)
    }

    /// The epoch in the home's lines; 0 when it is another backend's, whose leaders count on their own.
    private static func keptEpoch(_ lines: [String], of backend: String) -> UInt64 {
        // An epoch without a backend is of a version that did not note it.
        guard let epoch = lines.first.flatMap(UInt64.init), lines.count < 2 || lines[1] == backend else { return 0 }
        return epoch
    }

    // MARK: Start and stop

    /// Takes up what an earlier life left, looks for the agents and starts to dial.
    func start() async throws {
        // First, and whatever the disk is like: what an earlier life left works on in the workspaces.
        await lives.end(before: parts.children.boot)
        try recover()
        agents = parts.agents.map {
            Messages.Agent(name: $0.name, version: nil, ready: false, detail: "being looked for")
        }
        // The first registration should name the agents, but a slow program does not keep the device away.
        let looked = Occurrence()
        Task {
            await self.probe()
            looked.happen()
        }
        _ = await looked.wait(within: 1)
        ticker = Task { [weak self] in
            while !Task.isCancelled, let pace = await self?.pace {
                try? await Task.sleep(for: .seconds(pace))
                await self?.tick()
            }
        }
        handle(.start)
    }

    /// Returns once the device is registered for the first time.
    /// - Throws: ``Fault`` with which the server has refused it for good, or `CancellationError` after ``stop()``.
    func registered() async throws -> DeviceRegistered {
        if let verdict { return try verdict.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiters.append($0) }
        } onCancel: {
            Task { await self.conclude(.failure(CancellationError())) }
        }
    }

    func conclude(_ result: Result<DeviceRegistered, any Error>) {
        guard verdict == nil else { return }
        verdict = result
        for waiter in waiters { waiter.resume(with: result) }
        waiters = []
    }

    // MARK: Reports and events

    /// Says what is in hand, when a leader can be reached.
    func report() {
        guard session.phase == .up else { return }
        reported = .now
        let attempts = outbox.ids.compactMap { id in
            outbox[id].map { outbox in
                AttemptReport(
                    task: id.task, attempt: id.attempt, lastSeq: outbox.last, ended: running[id] == nil)
            }
        }
        let news = agents == announcedAgents ? nil : agents
        announcedAgents = agents
        send(
            DeviceReport(
                used: running.count, total: parts.slots, draining: draining, attempts: attempts, agents: news))
    }

    /// Sends a notice, when there is a link; nothing that must not be lost goes this way.
    func send<M: Message>(_ message: M) {
        do { link?.send(try Frame.notice(message)) } catch {
            logger.critical("a message could not be encoded", metadata: ["type": "\(M.type)", "error": "\(error)"])
        }
    }

    /// Sends what is ready after everything that already waits for this actor, so that what comes together goes together.
    func schedulePump() {
        guard !pumping, session.phase == .up else { return }
        pumping = true
        Task { self.pump() }
    }

    private func pump() {
        pumping = false
        guard session.phase == .up, let link else { return }
        while link.isWritable, let frame = outbox.nextFrame() { link.send(frame) }
    }

    // MARK: From time to time

    private func tick() {
        // While the gateway says that the leader is up, a sign of the gateway is one of the leader. The time of the sign
        // counts, not that of this look: a link whose far end is frozen is up for a while without bringing anything.
        if session.phase == .up, let link { leaderHeard = max(leaderHeard, link.heard) }
        keepVerdicts()
        watchSpools()
        repeatApprovals()
        let silent = (ContinuousClock.now - leaderHeard).seconds
        for (id, attempt) in running where attempt.lease > 0 && silent > attempt.lease { end(id, .lease, grace: 5) }
        // A lease that is short for the pings of the link needs its own.
        if session.phase == .up, let shortest, silent > shortest / 3 { link?.ping() }
        if (ContinuousClock.now - reported).seconds >= parts.times.report { report() }
        if (ContinuousClock.now - probed).seconds >= parts.times.probe { Task { await self.probe() } }
    }

    /// The shortest lease of what runs.
    private var shortest: Double? { running.values.map(\.lease).filter { $0 > 0 }.min() }

    /// Seconds to the next ``tick()``: one, and less where a lease is short.
    private var pace: Double { max(0.05, min(1, (shortest ?? 4) / 4)) }

    /// Asks the agents what they are, and reports it when it has changed.
    func probe() async {
        probed = .now
        var found: [Messages.Agent] = []
        for agent in parts.agents { found.append(await agent.describe()) }
        agents = found
        if found != announcedAgents { report() }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
