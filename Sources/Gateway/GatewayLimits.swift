import Messages

/// The gateway's limits, each with its reason.
enum GatewayLimits {
    // MARK: HTTP

    /// The body of `POST /tasks`: a prompt of 1 MiB whose every byte JSON escapes to six, and the other fields.
    static let taskBody = 6 * Limits.prompt + (64 << 10)
    /// The body of any other request: a few short fields.
    static let body = 16 << 10
    /// The body of an answer to an approval: an input of ``Limits/approvalInput`` of which JSON may escape two bytes to six,
    /// and the texts of ``textBody``.
    static let answerBody = 3 * Limits.approvalInput + textBody
    /// The body of a device's labels: some texts of 200 and 2,000 characters, each of
    /// which JSON may escape to 12 bytes.
    static let textBody = 128 << 10
    /// Characters of a conversation's title, of a search text, and of a cursor.
    static let line = 1...200
    /// Bytes of a refused body that are still read, so that the connection can be used again.
    static let drainedBody = 64 << 10
    /// How long a refused client may pause in sending before its connection is cut, so that it can read the answer.
    static let lingering: Duration = .seconds(2)
    /// How long it may go on sending.
    static let lingeringAtMost: Duration = .seconds(30)
    /// A request's body must have arrived after this long: 6 MiB at 100 KiB/s. A byte now and then is no reason to wait.
    static let requestBody: Duration = .seconds(60)
    /// Connections of one address that are no WebSockets: some browsers and scripts of one office, or a proxy's pool.
    static let addressConnections = 1024
    /// Descriptors that stay for the mesh, the store and the log, at most half of all.
    static let keptDescriptors = 64
    /// The pause in accepting after no descriptor was left.
    static let acceptAgain: Duration = .milliseconds(500)
    /// A connection without a request, or in the middle of one, is closed after this long.
    static let idleConnection: Duration = .seconds(60)
    /// A client that takes no byte of its answer for this long is closed: as long as a connection may be idle.
    static let stalled: Duration = .seconds(60)
    /// The interval of checks for that.
    static let stalledCheck: Duration = .seconds(15)
    /// All header fields of a request together, in bytes.
    static let headers = 32 << 10

    // MARK: Requests to the mesh

    /// The deadline of a request to a leader or the registry.
    static let request: Duration = .seconds(5)
    /// The deadline of a message to a running turn: the dispatcher gives it up after 10 s.
    static let message: Duration = .seconds(12)
    /// How long a request waits for a leader or the registry to connect, before it fails with `unavailable`.
    static let leader: Duration = .seconds(2)
    /// The pause before a request is sent again after a refusal, unless the leader changes earlier.
    static let leaderPause: Duration = .milliseconds(100)
    /// The pause before a watch of services that ended is opened again.
    static let watchAgain: Duration = .seconds(1)

    // MARK: Streams

    /// How long a stream waits for a new leader before it ends.
    static let streamLeader: Duration = .seconds(60)
    /// The pause between the end of one subscription and the next.
    static let streamPause: Duration = .milliseconds(100)
    /// Batches in flight to one viewer over HTTP: each is some 256 KiB, and a viewer that does not read holds as many.
    static let streamCredit: UInt32 = 4
    /// The interval of heartbeats: proxies cut connections that are silent for 30 to 60 s.
    static let heartbeat: Duration = .seconds(15)

    // MARK: Viewers' WebSockets

    /// Bytes of events held for one viewer, over all its subscriptions; the rest is read from the log again. A hundred
    /// viewers that do not read cost 400 MiB at most.
    static let viewerHeld = 4 << 20
    /// Bytes that may wait in a viewer's socket; at this bound the next subscription waits for its turn.
    static let viewerSocket = 512 << 10
    /// Batches in flight to one subscription.
    static let viewerCredit: UInt32 = 2
    /// Subscriptions of one WebSocket, as docs/api.md states.
    static let viewerSubscriptions = 256
    /// A viewer's message in bytes: a token or two ids.
    static let viewerMessage = 64 << 10
    /// Bytes of messages that are kept for a viewer before its token is verified.
    static let viewerEarlyBytes = 64 << 10
    /// Messages that a viewer may send before its token is verified.
    static let viewerEarly = 64
    /// A viewer must give its token within this time.
    static let viewerToken: Duration = .seconds(10)
    /// The longest interval between checks of a WebSocket's token. With ``revocations``, a revoked token's connections
    /// end within 5 s.
    static let tokenCheck: Duration = .seconds(1)

    // MARK: Executors' WebSockets

    /// The interval of pings: three fit into ``silence``.
    static let ping: Duration = .seconds(5)
    /// An executor that is silent for this long is lost; docs/reliability.md promises this time.
    static let silence: Duration = .seconds(15)
    /// An executor must register within this time.
    static let registration: Duration = .seconds(20)
    /// Bytes that wait for one executor's socket; a slower executor is cut, and resumes when it reconnects.
    static let sessionOutbound = 16 << 20
    /// The cost of a waiting message beside its bytes: the frame, its promise, its place in the queue.
    static let frameOverhead = 512
    /// The largest report of which the gateway itself remembers slots and agents, for a registry that restarts: decoding it
    /// takes a millisecond of the event loop.
    static let rememberedReport = 64 << 10
    /// What an executor may send: more than twice what was measured of one agent that writes without a pause.
    static let executorRate = ReadBudget.Rate(bytes: 64 << 20, frames: 100_000, burst: 0.25)
    /// The same while more than ``meshBacklog`` waits for its dispatcher: what an agent that talks to a person needs. Those
    /// that send more wait, and the others do not.
    static let congestedRate = ReadBudget.Rate(bytes: 1 << 20, frames: 500, burst: 0.25)
    /// Bytes that wait for a dispatcher, from which on executors are held back; the mesh cuts a peer at 64 MiB.
    static let meshBacklog = 8 << 20
    /// The same before the registration: one registration, and another try.
    static let strangerRate = ReadBudget.Rate(bytes: 64 << 10, frames: 64, burst: 1)
    /// What a viewer may send: its subscriptions at once, of a few hundred bytes each.
    static let viewerRate = ReadBudget.Rate(bytes: 256 << 10, frames: 1000, burst: 1)
    /// The longest step of a pause in reading: afterwards the rate is looked at again.
    static let readPause: Duration = .milliseconds(250)
    /// The longest message before the registration: a `device.register` with its header. More of a stranger is not kept.
    static let unregisteredMessage = BodyLimits.of(DeviceRegister.type) + Header.fixedSize + Header.longestType
    /// Fragments of one WebSocket message.
    static let fragments = 1024
    /// Registrations in flight at a time.
    static let registrationsAtOnce = 32
    /// After this long an unanswered registration counts no longer: it waits for another gateway, not for the disk.
    static let registrationPermit: Duration = .milliseconds(250)
    /// How long a registration waits for the registry to connect, before the gateway admits a known device itself.
    static let admission: Duration = .seconds(1)
    /// The pause before a session is opened at a leader, or registered, again.
    static let openAgain: Duration = .milliseconds(500)
    /// How long an executor has to answer the registry's liveness probe; the registry itself waits for 2 s.
    static let probe: Duration = .milliseconds(1800)
    /// A closing WebSocket without the client's close frame is cut after this long.
    static let closing: Duration = .seconds(2)

    // MARK: Upkeep

    /// The interval at which revoked tokens are read from the table; with ``tokenCheck`` a revocation takes effect
    /// everywhere within 5 s.
    static let revocations: Duration = .seconds(2)
    /// The interval at which the tokens' times of use are written: a write costs an fsync.
    static let tokenUse: Duration = .seconds(30)
    /// How long a stop waits for requests in flight.
    static let stop: Duration = .seconds(5)
    /// How long `gateway.db` may take to answer a readiness check.
    static let storeAnswer: Duration = .seconds(2)
}
