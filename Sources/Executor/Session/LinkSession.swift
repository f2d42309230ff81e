import Logging
import Messages

/// The executor's session: its identity, the link that carries it, its registration, and the dispatcher's epoch and
/// last sign. Decisions are ``Session``'s. Part of the executor's actor.
struct LinkSession {
    private var state: Session
    private var link: (any ExecutorLink)?
    private var identity: DeviceIdentity
    /// Whether a person chose the device's id, so that the home does not keep another.
    private let identityIsFixed: Bool
    /// The number of the last registration.
    private var registration: UInt64 = 0
    /// When the dispatcher was last heard; the leases of attempts count from here.
    ///
    /// On Linux this clock (`CLOCK_BOOTTIME`) runs while the machine sleeps and is never set. The dispatcher's time runs
    /// too, so a laptop that wakes up too late ends its attempts before it sends anything.
    private var dispatcherHeard = ContinuousClock.now
    /// The epoch that is in the home.
    private var keptEpoch: UInt64
    private var waits = WaitReport()
    private var random = SystemRandomNumberGenerator()
    private let home: ExecutorHome
    /// `HOST` or `HOST:PORT` of the backend that the epochs belong to.
    private let backend: String
    private let logger: Logger

    init(
        _ identity: DeviceIdentity, isFixed: Bool, home: ExecutorHome, backend: String, backoff: ClosedRange<Double>,
        logger: Logger
    ) {
        self.identity = identity
        identityIsFixed = isFixed
        self.home = home
        self.backend = backend
        self.logger = logger
        keptEpoch = Self.keptEpoch(home.lines(.epoch), of: backend)
        state = Session(backoff: backoff, epoch: keptEpoch)
    }

    /// The epoch in the home's lines; 0 when it belongs to another backend, which counts its own epochs.
    private static func keptEpoch(_ lines: [String], of backend: String) -> UInt64 {
        // Old versions wrote the epoch without its backend.
        guard let epoch = lines.first.flatMap(UInt64.init), lines.count < 2 || lines[1] == backend else { return 0 }
        return epoch
    }

    /// Whether a dispatcher can be reached.
    var isUp: Bool { state.phase == .up }
    /// The number of the present connection.
    var connection: Int { state.connection }

    // MARK: Steps

    /// Feeds the session.
    mutating func handle(_ input: Session.Input, connection: Int? = nil) -> [Session.Action] {
        if case .closed = input, connection == state.connection { link = nil }
        if case .state(let change) = input { warn(of: change) }
        let actions = state.handle(input, connection: connection, random: &random)
        keepEpoch()
        for case .pause(_, let why) in actions { report(why) }
        return actions
    }

    private mutating func report(_ why: String) {
        guard let waited = waits.failed(why, at: .now) else { return }
        logger.warning(
            "not connected, trying until it works",
            metadata: ["why": "\(why)", "backend": "\(backend)", "for_s": "\(Int(waited))"])
    }

    private func warn(of change: LinkState) {
        guard let epoch = change.epoch, epoch < state.epoch else { return }
        StaleKind.epoch.count()
        logger.error(
            "ignoring dispatcher: its epoch is older than one already seen, or this home belongs to another backend",
            metadata: [
                "epoch": "\(epoch)", "met": "\(state.epoch)", "backend": "\(backend)", "home": "\(home.path)",
            ])
    }

    /// Whether a message's dispatcher is current, which counts as a sign of it. A stale one is counted and logged.
    mutating func accepts(epoch: UInt64, _ message: StaticString, _ task: TaskID) -> Bool {
        guard state.accepts(epoch: epoch) else {
            StaleKind.epoch.count()
            logger.warning(
                "ignoring a message of a replaced dispatcher",
                metadata: ["message": "\(message)", "task": "\(task)", "epoch": "\(epoch)"])
            return false
        }
        keepEpoch()
        heard()
        return true
    }

    /// So that the next run does not obey a replaced dispatcher either.
    private mutating func keepEpoch() {
        guard state.epoch > keptEpoch else { return }
        do {
            try home.write(.epoch, "\(state.epoch)\n\(backend)")
            keptEpoch = state.epoch
        } catch { logger.error("the epoch could not be stored", metadata: ["error": "\(error)"]) }
    }

    // MARK: Registration

    /// Sends the registration.
    /// - Returns: its number.
    mutating func register(
        boot: BootID, version: String, slots: Int, agents: [Messages.Agent], allowedDirs: [String], deadline: Double
    ) -> UInt64 {
        registration += 1
        let message = DeviceRegister(
            device: identity.id, name: identity.name, boot: boot, version: version, slots: slots, agents: agents,
            allowedDirs: allowedDirs, platform: Machine.platform,
            generation: home.read(.generation).flatMap(UInt64.init) ?? 0)
        do { link?.send(try LinkFrame.request(message, correlation: registration, deadline: deadline)) } catch {
            logger.critical("a registration could not be encoded", metadata: ["error": "\(error)"])
        }
        return registration
    }

    /// Whether a reply with this correlation answers the open registration.
    func isRegistration(_ correlation: UInt64) -> Bool { state.phase == .registering && correlation == registration }

    /// Whether a later registration has been sent than this one.
    func isSuperseded(_ number: UInt64) -> Bool { number != registration }

    /// Whether the device is registered.
    var isRegistered: Bool { [.waiting, .up].contains(state.phase) }

    /// Stores what the registry has given.
    mutating func keep(_ answer: DeviceRegistered) {
        waits.connected()
        do {
            try home.write(.generation, String(answer.generation))
            if answer.device != identity.id {
                identity.id = answer.device
                if !identityIsFixed { try home.write(.device, answer.device) }
            }
        } catch { logger.error("the registration could not be stored", metadata: ["error": "\(error)"]) }
        logger.notice(
            "registered",
            metadata: ["device": "\(answer.device)", "name": "\(answer.name)", "generation": "\(answer.generation)"])
    }

    // MARK: Link

    /// Takes a new link for a connection; closes it when the connection is no longer wanted.
    mutating func attach(_ link: any ExecutorLink, _ connection: Int) -> Bool {
        guard connection == state.connection, state.phase == .dialing else {
            link.close()
            return false
        }
        self.link = link
        return true
    }

    mutating func detach() { link = nil }

    /// Sends frames while there are some and the link should get more.
    func pump(_ next: () -> [UInt8]?) {
        guard isUp, let link else { return }
        while link.isWritable, let frame = next() { link.send(frame) }
    }

    /// Sends a frame where there is a link.
    func send(_ frame: [UInt8]) { link?.send(frame) }

    /// Sends a notice where there is a link; nothing that must not be lost is sent this way.
    func send<M: Message>(_ message: M) {
        do { link?.send(try LinkFrame.notice(message)) } catch {
            logger.critical("a message could not be encoded", metadata: ["type": "\(M.type)", "error": "\(error)"])
        }
    }

    func hangUp() { link?.close() }
    func ping() { if isUp { link?.ping() } }

    /// A message of the dispatcher has arrived.
    mutating func heard() { dispatcherHeard = .now }

    /// Seconds since the dispatcher was last heard.
    ///
    /// While the gateway reports the dispatcher as up, a sign of the gateway is one of the dispatcher. Its own time
    /// counts: with a frozen peer a link stays up for a while without bringing anything.
    mutating func silence() -> Double {
        if isUp, let link { dispatcherHeard = max(dispatcherHeard, link.heard) }
        return (ContinuousClock.now - dispatcherHeard).seconds
    }
}
