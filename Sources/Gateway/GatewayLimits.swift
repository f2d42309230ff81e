import Messages

/// The gateway's limits, each with its reason.
enum GatewayLimits {
    /// The body of `POST /tasks`: a prompt of 1 MiB whose every byte JSON escapes to six, and its other fields.
    static let taskBody = 6 * Limits.prompt + (64 << 10)
    /// The body of every other request: a few short fields.
    static let body = 16 << 10
    /// The body of an answer to an approval, or of a device's labels: some texts of 200 and 2,000 characters, each of
    /// which JSON may write in twelve.
    static let textBody = 128 << 10
    /// Characters of a conversation's title, of what is searched for, and of a cursor of ours.
    static let line = 1...200
    /// What is still read of a body that nobody wants, so that its connection can be used again.
    static let drainedBody = 64 << 10
    /// How long a client that was refused may go on sending before its connection is cut, so that it reads the answer.
    static let lingering: Duration = .seconds(2)
    /// A connection without a request, or in the middle of one, is cut after this long.
    static let idleConnection: Duration = .seconds(60)
    /// A client of whose answer nothing has left for this long does not read any more: it is as long as a connection
    /// may be idle.
    static let stalled: Duration = .seconds(60)
    /// How often it is looked whether anything has left.
    static let stalledLook: Duration = .seconds(15)
    /// Header fields of a request in bytes, all together.
    static let headers = 32 << 10

    /// How long a request may take on the mesh.
    static let request: Duration = .seconds(5)
    /// How long a request waits for a leader or the registry to appear; the client is then told to try again.
    static let leader: Duration = .seconds(2)
    /// How long a stream waits for a new leader before it ends.
    static let streamLeader: Duration = .seconds(60)
    /// Between the end of one subscription and the next try.
    static let streamPause: Duration = .milliseconds(100)
    /// Batches of events on the way to one viewer: each is some 256 KiB, and a viewer that does not read keeps that many.
    static let streamCredit: UInt32 = 4
    /// An event stream says at least this often that it is alive: proxies cut what is silent for 30 to 60 s.
    static let heartbeat: Duration = .seconds(15)

    /// Bytes of events that one viewer's WebSocket holds, for all its subscriptions; what does not fit is read from the
    /// log again. A hundred viewers that do not read cost 400 MiB at most.
    static let viewerHeld = 4 << 20
    /// Bytes that the socket of a viewer is given ahead of what it takes, before the next subscription's turn.
    static let viewerSocket = 512 << 10
    /// Batches on the way to one subscription of a WebSocket.
    static let viewerCredit: UInt32 = 2
    /// Subscriptions of one WebSocket (ARCHITECTURE section 9).
    static let viewerSubscriptions = 256
    /// A message of a viewer's: a token or two ids.
    static let viewerMessage = 64 << 10
    /// Messages that a viewer may send before its token has been looked at.
    static let viewerEarly = 64
    /// A viewer says whose it is within this time.
    static let viewerToken: Duration = .seconds(10)
    /// How often a WebSocket's token is looked at, at least; with ``revocations`` it is dead within 5 s.
    static let look: Duration = .seconds(1)

    /// Between two pings of an executor's WebSocket (NUMBERS).
    static let ping: Duration = .seconds(5)
    /// An executor that was silent for this long is gone (NUMBERS).
    static let silence: Duration = .seconds(15)
    /// An executor says who it is within this time.
    static let registration: Duration = .seconds(20)
    /// Bytes that wait for one executor's socket; a slower one is cut and resumes when it is back.
    static let sessionOutbound = 16 << 20
    /// What a message that waits for its socket costs besides its bytes: the frame, its promise, its place in the queue.
    static let frameOverhead = 512
    /// A `device.register`: names and agents, a page of text at most.
    static let registerBody = 256 << 10
    /// Fragments of one WebSocket message.
    static let fragments = 1024
    /// Sessions that register again at one time after the registry was away.
    static let registrationsAtOnce = 32

    /// Between two tries to open a session at a leader that is there and does not answer well.
    static let openAgain: Duration = .milliseconds(500)
    /// How long an executor has to answer when the registry asks whether it is alive, which waits for 2 s itself.
    static let probe: Duration = .milliseconds(1800)
    /// After this long a registration leaves its place to the next one: it waits for another machine, not for the disk.
    static let registrationPlace: Duration = .milliseconds(250)
    /// How long a device that was registered before waits for a registry before its gateway admits it.
    static let admission: Duration = .seconds(1)
    /// After this long without the other end's word a closed WebSocket is cut.
    static let closing: Duration = .seconds(2)

    /// How often revoked tokens are read from the table; a token is dead everywhere within 5 s.
    static let revocations: Duration = .seconds(2)
    /// How often the times of use are written down: a write costs an fsync.
    static let tokenUse: Duration = .seconds(30)
    /// How long a stop waits for requests that are under way.
    static let stop: Duration = .seconds(5)
    /// How long the store may take to answer when somebody asks whether this gateway is ready.
    static let storeAnswer: Duration = .seconds(2)
}
