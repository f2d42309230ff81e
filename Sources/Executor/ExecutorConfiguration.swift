import Messages

/// How an executor runs on one machine.
public struct ExecutorConfiguration: Sendable {
    /// Where the gateway is: `http`, `https`, `ws` or `wss`, with a path where the gateway stands below one.
    public var backendURL: String
    /// The API token that is sent when the link is made. Never logged.
    public var token: String
    /// Asked for a token before each connection, by those who can make new ones; nil, or nil as its answer = ``token``.
    public var renewToken: (@Sendable () async -> String?)?
    /// The directory for identity, spool, workspaces and agent sessions; made when missing, mode 0700.
    public var home: String
    /// How many tasks run at once, 1 to 1,000.
    public var slots: Int
    /// What people see when the device is new; nil = "Linux - hostname".
    public var name: String?
    /// The device's id instead of the one from the hardware: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    public var deviceID: String?
    /// Whether the `shell` agent may run.
    public var allowShell: Bool
    /// Directories in which (and below which) a task may name its `cwd`.
    public var allowDirs: [String]
    /// What Claude Code may do without being asked.
    public var permissionMode: PermissionMode
    /// Whether ``PermissionMode/bypass`` may be chosen.
    public var allowBypass: Bool
    /// The `claude` program: a path, or a name that is looked up in PATH; nil = `claude`.
    public var claude: String?
    /// The environment of this process, from which children get what ``ChildEnvironment`` lets through.
    public var environment: [String: String]
    /// The waiting times; tests shorten them.
    public var times: ExecutorTimes
    /// The most unacked bytes of an attempt before its agent is paused; tests lower it.
    var spoolBound = ExecutorLimits.spool

    public init(
        backendURL: String = "http://127.0.0.1:8787", token: String, home: String, slots: Int = 5, name: String? = nil,
        deviceID: String? = nil, allowShell: Bool = false, allowDirs: [String] = [],
        permissionMode: PermissionMode = .ask, allowBypass: Bool = false, claude: String? = nil,
        environment: [String: String] = Machine.environment, times: ExecutorTimes = ExecutorTimes()
    ) {
        self.backendURL = backendURL
        self.token = token
        self.home = home
        self.slots = slots
        self.name = name
        self.deviceID = deviceID
        self.allowShell = allowShell
        self.allowDirs = allowDirs
        self.permissionMode = permissionMode
        self.allowBypass = allowBypass
        self.claude = claude
        self.environment = environment
        self.times = times
    }

    /// Checks what can be wrong before anything is started.
    /// - Throws: ``Fault`` with code `invalid_request` that names the option.
    public func validate() throws {
        guard !token.isEmpty else {
            throw Fault(
                .tokenMissing,
                "a token is needed: set WEGENT_TOKEN or pass --token; the web page makes one under Settings, API Token")
        }
        guard Limits.slots.contains(slots) else {
            throw Fault(.invalidRequest, "--slots must be \(Limits.slots.lowerBound) to \(Limits.slots.upperBound)")
        }
        if permissionMode == .bypass, !allowBypass {
            throw Fault(
                .invalidRequest,
                "--permission-mode bypass lets Claude Code do anything unasked; it also needs --allow-bypass")
        }
        if let deviceID, !DeviceIdentity.isValid(deviceID) {
            throw Fault(.invalidRequest, "--device-id must be 1 to 128 characters of A-Z a-z 0-9 . _ -")
        }
        if let name, name.isEmpty || name.count > 200 {
            throw Fault(.invalidRequest, "--name must be 1 to 200 characters")
        }
        for directory in allowDirs where !directory.hasPrefix("/") {
            throw Fault(.invalidRequest, "--allow-dir '\(directory)' must be an absolute path")
        }
        guard ExecutorTimes.drains.contains(times.drain) else {
            throw Fault(.invalidRequest, "--drain-s must be 0 to \(Int(ExecutorTimes.drains.upperBound)) seconds")
        }
        guard ExecutorTimes.silences.contains(times.silence) else {
            throw Fault(.invalidRequest, "--silence-s must be 0.1 to \(Int(ExecutorTimes.silences.upperBound)) seconds")
        }
        _ = try LinkAddress(backendURL)
    }
}

/// The executor's waiting times, in seconds unless said otherwise.
public struct ExecutorTimes: Sendable {
    /// What ``drain`` may be: at most a day.
    public static let drains = 0.0...86_400
    /// What ``silence`` may be: a shorter one takes a busy network for a dead one, a longer one than an hour finds nothing.
    public static let silences = 0.1...3600

    /// A device report goes out this often even when nothing changes.
    public var report: Double = 30
    /// A WebSocket ping goes out this often: three of them fit into the silence.
    public var ping: Double = 5
    /// A link on which nothing came for this long is dead.
    public var silence: Double = 15
    /// How long a connection and its handshake may take, and then the registration.
    public var handshake: Double = 10
    /// The first and the longest wait between two tries to connect.
    public var backoff: ClosedRange<Double> = 0.2...15
    /// How long a Claude Code process stays warm without a turn.
    public var warm: Double = 600
    /// How many Claude Code processes stay warm.
    public var warmCount: Int = 8
    /// How long the output of a command's background children is waited for after the command has ended.
    public var linger: Double = 0.5
    /// How long running tasks may go on when the executor is asked to stop; 0 = they are ended at once.
    public var drain: Double = 30
    /// How long a child has between the polite signal and the kill when the executor itself stops.
    public var stopGrace: Double = 1.5
    /// How often a permission request is said again that no leader has recorded.
    public var asking: Double = 5
    /// How often the agents are looked for again.
    public var probe: Double = 600
    /// How long a verdict that the disk does not take is tried again before it is sent without being kept: time to make
    /// room, and not longer than somebody waits for a task that is over.
    public var keeping: Double = 60
    public init() {}

    /// How long ``ExecutorServer/stop()`` may take at most: the drain, then the end of what is left, then the hand-over.
    public var longestStop: Duration { .seconds(drain + stopGrace + 10) }
}
