import Logging
import Messages

/// The executor of one device: carries out what its session and its attempts decide.
///
/// ``LinkSession``, ``HeldAttempts``, ``ApprovalDesk`` and ``AgentCatalog`` are the values that it carries; each owns its
/// state. ``ExecutorHandlers`` decodes the frames of the link.
actor ExecutorService {
    /// What it is built from.
    struct Parts: Sendable {
        var identity: DeviceIdentity
        /// Whether a person chose the device's id, so that the home does not keep another.
        var identityIsFixed: Bool
        var children: LiveChildren
        var home: ExecutorHome
        /// `HOST` or `HOST:PORT` of the backend that the dispatcher's epochs belong to.
        var backend: String
        var dialer: any Dialer
        var agents: [any AgentDriver]
        var workspaces: Workspaces
        /// The directories that tasks may choose, as announced to the server.
        var allowedDirs: [String]
        var rules: PermissionRules
        var slots: Int
        /// See ``ExecutorLimits/spool``.
        var spoolBound: Int
        var times: ExecutorTimes
        var version: String
    }

    let parts: Parts
    let logger: Logger
    let launcher: AttemptLauncher
    var session: LinkSession
    var agents: AgentCatalog
    var attempts: HeldAttempts
    var runs = LiveRuns()
    var approvals: ApprovalDesk
    /// Whether a stop has begun.
    var draining = false
    private let first = FirstRegistration()
    var isPumpScheduled = false
    var reported = ContinuousClock.now
    private var dial: Task<Void, Never>?
    private var ticker: Task<Void, Never>?
    /// Fires when the stop is over.
    let stopped = OneShotEvent()
    /// What ``settle(within:_:)`` waits for next.
    var change: OneShotEvent?
    /// Called when the server refuses the device for good after it was registered once.
    private let onGiveUp: @Sendable (Fault) -> Void

    init(_ parts: Parts, logger: Logger, onGiveUp: @escaping @Sendable (Fault) -> Void) {
        self.parts = parts
        self.logger = logger
        self.onGiveUp = onGiveUp
        let (home, name) = (parts.home, parts.identity.name)
        launcher = AttemptLauncher(workspaces: parts.workspaces, device: name)
        session = LinkSession(
            parts.identity, isFixed: parts.identityIsFixed, home: home, backend: parts.backend,
            backoff: parts.times.backoff, logger: logger)
        agents = AgentCatalog(parts.agents, every: parts.times.probe)
        attempts = HeldAttempts(
            .init(
                directory: home.spool, device: name, slots: parts.slots, spoolBound: parts.spoolBound,
                keeping: parts.times.keeping), logger: logger)
        approvals = ApprovalDesk(rules: parts.rules)
    }

    // MARK: Start and end

    /// Ends what previous runs have left, looks for the agents and starts to dial.
    func start() async throws {
        // First, and whatever the state of the disk: processes of previous runs still work in the workspaces.
        await previousRuns.end(before: parts.children.boot)
        try attempts.recover()
        // The first registration should name the agents, but a slow program must not delay it.
        let probed = OneShotEvent()
        Task {
            await self.probe()
            probed.fire()
        }
        _ = await probed.wait(within: 1)
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
    func registered() async throws -> DeviceRegistered { try await first.value() }

    /// Ends the session and everything periodic.
    func hangUp() {
        handle(.stop)
        ticker?.cancel()
        dial?.cancel()
        first.resolve(.failure(CancellationError()))
    }

    var previousRuns: PreviousRuns { PreviousRuns(home: parts.home, logger: logger) }

    // MARK: Session

    /// Feeds the session and carries out its actions.
    func handle(_ input: Session.Input, connection: Int? = nil) {
        for action in session.handle(input, connection: connection) { perform(action) }
        changed()
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .dial(let connection): dial(connection)
        case .pause(let seconds, _):
            dial = Task {
                try? await Task.sleep(for: .seconds(seconds))
                if !Task.isCancelled { self.handle(.retry) }
            }
        case .register: register()
        case .keep(let answer): keep(answer)
        case .resume: resume()
        case .hold: break
        case .hangUp: session.hangUp()
        case .giveUp(let fault):
            first.resolve(.failure(fault))
            onGiveUp(fault)
        }
    }

    private func dial(_ connection: Int) {
        session.detach()
        dial = Task {
            do throws(LinkFailure) {
                let link = try await self.parts.dialer.dial()
                self.connected(link, connection)
            } catch {
                self.handle(.failed(error), connection: connection)
            }
        }
    }

    private func connected(_ link: any ExecutorLink, _ connection: Int) {
        guard session.attach(link, connection) else { return }
        Task {
            while let events = await link.next() { self.receive(events, connection) }
        }
        handle(.connected, connection: connection)
    }

    private func receive(_ events: [LinkEvent], _ connection: Int) {
        guard connection == session.connection else { return }
        for event in events {
            switch event {
            case .writable: schedulePump()
            case .closed(let why): handle(.closed(why), connection: connection)
            case .frame(let bytes):
                // A frame that cannot be decoded is dropped and never ends the link.
                do { try ExecutorHandlers.receive(bytes, connection, on: self) } catch {
                    logger.warning("a frame could not be decoded", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func register() {
        let connection = session.connection
        let number = session.register(
            boot: parts.children.boot, version: parts.version, slots: parts.slots, agents: agents.announce(),
            allowedDirs: parts.allowedDirs, deadline: parts.times.handshake)
        Task {
            try? await Task.sleep(for: .seconds(self.parts.times.handshake))
            if !self.session.isSuperseded(number) { self.handle(.unanswered, connection: connection) }
        }
    }

    private func keep(_ answer: DeviceRegistered) {
        session.keep(answer)
        first.resolve(.success(answer))
    }

    /// The registry was away and has registered the device again since: the session has a new generation.
    func renew(_ answer: DeviceRegistered) {
        if session.isRegistered { keep(answer) }
    }

    /// A dispatcher is up that knows nothing of this session.
    private func resume() {
        session.heard()
        attempts.rewind()
        report()
        let (open, closed) = approvals.resume()
        for request in open { session.send(request) }
        sendClosed(closed)
        schedulePump()
    }

    // MARK: Periodic work

    private func tick() {
        let silence = session.silence()
        keepVerdicts()
        checkSpools()
        if session.isUp {
            for request in approvals.due(after: parts.times.asking) { session.send(request) }
        }
        let running = attempts.running
        for attempt in running { advance(attempt.id) { $0.silent(for: silence) } }
        // A lease that is short compared to the link's pings needs pings of its own.
        if let shortest = Self.shortestLease(running), silence > shortest / 3 { session.ping() }
        if (ContinuousClock.now - reported).seconds >= parts.times.report { report() }
        if let scope = agents.due { Task { await self.probe(scope) } }
    }

    private static func shortestLease(_ running: [AttemptRunner]) -> Double? {
        running.map(\.lease).filter { $0 > 0 }.min()
    }

    /// Seconds to the next ``tick()``: one, and less where a lease is short.
    private var pace: Double { max(0.05, min(1, (Self.shortestLease(attempts.running) ?? 4) / 4)) }

    /// Asks the agents for their state, and reports it when it has changed.
    func probe(_ scope: AgentProbing.Scope = .all) async {
        agents.begins(scope)
        let (changes, isNews) = agents.update(await agents.describe(scope))
        for change in changes { logger.notice("an agent has changed", metadata: ["what": "\(change)"]) }
        if isNews { report() }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
