import Launch
import Messages

/// How an executor runs on one machine.
public struct ExecutorConfiguration: Sendable {
    /// The gateway's URL: `http`, `https`, `ws` or `wss`, with a path where the gateway is below one.
    public var backendURL: String
    /// The API token that is sent when the link is opened; white space around it does not count. Never logged.
    public var token: String
    /// Returns the token for the next connection, for programs that can make new ones; nil, or nil returned = ``token``.
    public var renewToken: (@Sendable () async -> String?)?
    /// The directory for identity, spool, workspaces and agent sessions; created when missing, mode 0700.
    public var home: String
    /// How many tasks run at once, 1 to 1,000.
    public var slots: Int
    /// The machine's own name, shown unless the owner has renamed the device; nil = "Linux - hostname".
    public var name: String?
    /// The device's id instead of the one derived from the hardware: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    public var deviceID: String?
    /// Whether the `shell` agent may run.
    public var allowShell: Bool
    /// Directories in which, and below which, a task may choose its `cwd`.
    public var allowDirs: [String]
    /// What agents may do without asking.
    public var permissionMode: PermissionMode
    /// Whether a task may choose ``PermissionMode/bypass``.
    public var allowBypass: Bool
    /// What becomes of the background work of tasks that choose nothing.
    public var background: Background
    /// Agents' programs by the agent's name: a path, or a name that is looked up in PATH. Agents without an entry have a
    /// default.
    public var programs: [String: String]
    /// The environment of this process, of which an agent gets ``environment(for:)``.
    public var environment: [String: String]
    /// Variables that the agents get in addition to those of the allow-list.
    public var passEnvironment: [EnvironmentPattern] = []
    /// Waiting times; tests shorten them.
    public var times: ExecutorTimes
    /// The most unacknowledged bytes of an attempt before its agent is paused; tests lower it.
    var spoolBound = ExecutorLimits.spool

    public init(
        backendURL: String = "http://127.0.0.1:8787", token: String, home: String, slots: Int = 5, name: String? = nil,
        deviceID: String? = nil, allowShell: Bool = false, allowDirs: [String] = [],
        permissionMode: PermissionMode = .ask, allowBypass: Bool = false, background: Background = .wait,
        programs: [String: String] = [:], environment: [String: String] = Machine.environment,
        times: ExecutorTimes = ExecutorTimes()
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
        self.background = background
        self.programs = programs
        self.environment = environment
        self.times = times
    }

    /// Checks the options before anything is started.
    /// - Throws: ``Misconfiguration`` for address, proxy and token, else ``Fault`` with code `invalid_request`; both name the
    ///   option.
    public func validate() throws {
        do { try validateConnection() } catch let fault as Fault { throw Misconfiguration(fault) }
        guard Limits.slots.contains(slots) else {
            throw Fault(.invalidRequest, "--slots must be \(Limits.slots.lowerBound) to \(Limits.slots.upperBound)")
        }
        if permissionMode == .bypass, !allowBypass {
            throw Fault(
                .invalidRequest,
                "--permission-mode bypass lets agents do anything without asking; it also needs --allow-bypass")
        }
        if let deviceID, !DeviceIdentity.isValid(deviceID) {
            throw Fault(.invalidRequest, "--device-id must be 1 to 128 characters of A-Z a-z 0-9 . _ -")
        }
        if let name, let problem = DeviceName.complaint(name) {
            throw Fault(.invalidRequest, "--name \(problem)")
        }
        if name == nil, let problem = DeviceName.complaint(Machine.displayName) {
            throw Fault(
                .invalidRequest,
                "the device's name, made from this machine's host name, \(problem); choose one with --name")
        }
        for pattern in passEnvironment where EnvironmentPolicy.isProducts(pattern.text) {
            throw Fault(
                .invalidRequest, "--pass-env \(pattern.text): variables of WEGENT_ are never passed to an agent")
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
    }

    private func validateConnection() throws {
        guard try !BearerToken.read(token).isEmpty else {
            throw Fault(
                .tokenMissing,
                "an API token is needed: make one with `wegent token create`, and pass it in WEGENT_TOKEN or with --token"
            )
        }
        _ = try WebSocketDialer.proxy(for: LinkAddress(backendURL), environment: environment)
    }
}

extension ExecutorConfiguration {
    /// Returns the part of ``environment`` that an agent gets, with `HOME` from the password file where it is unset.
    func environment(for agent: any AgentDriver.Type) -> [String: String] {
        let policy = EnvironmentPolicy(added: passEnvironment)
        var passed = policy.environment(of: environment, for: AgentRegistry.variables(of: agent))
        passed["HOME"] = Machine.userHome(environment)
        return passed
    }
}

/// The executor's waiting times, in seconds unless noted.
public struct ExecutorTimes: Sendable {
    /// The range of ``drain``: at most a day.
    public static let drains = 0.0...86_400
    /// The range of ``silence``: a shorter one takes a busy network for a dead one, a longer one finds a dead link too late.
    public static let silences = 0.1...3600

    /// A device report is sent this often even when nothing changes.
    public var report: Double = 30
    /// A WebSocket ping is sent this often: three of them fit into the silence.
    public var ping: Double = 5
    /// A link on which nothing has arrived for this long is dead.
    public var silence: Double = 15
    /// The timeout of a connection with its handshake, and again of the registration.
    public var handshake: Double = 10
    /// The first and the longest wait between two attempts to connect.
    public var backoff: ClosedRange<Double> = 0.2...15
    /// How long a Claude Code process stays warm without a turn.
    public var warm: Double = 600
    /// How many Claude Code processes stay warm.
    public var warmCount: Int = 8
    /// How long a command's background children may write after the command has ended.
    public var linger: Double = 0.5
    /// How long running tasks may go on when the executor is asked to stop; 0 = they are stopped at once.
    public var drain: Double = 30
    /// How long a child has between SIGTERM and SIGKILL when the executor itself stops.
    public var stopGrace: Double = 1.5
    /// The interval at which a permission request is sent again until a dispatcher has recorded it.
    public var asking: Double = 5
    /// How often the agents are asked for their state.
    public var probe: Double = 600
    /// How long storing a verdict is retried on a full disk before it is sent without being stored: time to make room, and
    /// short enough for a person waiting for the end of the task.
    public var keeping: Double = 60
    public init() {}

    /// The longest time that ``ExecutorServer/stop()`` takes: the drain, the stop of what is left, the last events.
    public var longestStop: Duration { .seconds(drain + stopGrace + 10) }
}
