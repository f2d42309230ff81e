/// What a dispatcher is started with.
public struct DispatcherConfiguration: Sendable {
    /// Where the registry is, such as `tcp://127.0.0.1:7401`.
    public var registry: String
    /// Where to listen: `tcp://HOST:PORT` (port 0 = a free one), `ipc://PATH` or `inproc://NAME`.
    public var bind: String
    /// Where others dial it, when that is not what it binds (behind `tcp://0.0.0.0:…`, say); nil = what it binds.
    public var advertise: String?
    /// Where `dispatcher.db` lies; made when it is missing.
    public var dataDirectory: String
    /// How long a device may be away before its tasks fail, in seconds; 0 = at once.
    public var graceS: Double
    /// After how many seconds without hearing from a leader an executor ends an attempt by itself; 0 = never.
    public var leaseS: Double
    /// Seconds that a stopped attempt has between the polite signal and the kill.
    public var stopGraceS: Double
    /// Seconds that a person has to answer a permission request before it is denied.
    public var approvalS: Double
    /// Days after which tasks that have ended are deleted, with all that belongs to them; 0 = never.
    public var retentionDays: Double
    /// Seconds for which the lease in the store must not change before a standby takes it from a leader that is there but
    /// frozen. All dispatchers on one data directory have the same.
    public var takeoverS: Double
    /// Seconds that what was decided may take to reach the disk at a stop.
    public var drainS: Double

    /// - Parameter leaseS: nil = the grace and 15 s more (ARCHITECTURE section 4).
    public init(
        registry: String, bind: String = "tcp://127.0.0.1:7402", dataDirectory: String, graceS: Double = 30,
        leaseS: Double? = nil, stopGraceS: Double = 5, takeoverS: Double = 15, drainS: Double = 5,
        approvalS: Double = 600, retentionDays: Double = 0, advertise: String? = nil
    ) {
        self.registry = registry
        self.bind = bind
        self.advertise = advertise
        self.dataDirectory = dataDirectory
        self.graceS = graceS
        self.leaseS = leaseS ?? graceS + 15
        self.stopGraceS = stopGraceS
        self.takeoverS = takeoverS
        self.drainS = drainS
        self.approvalS = approvalS
        self.retentionDays = retentionDays
    }

    /// How often it is looked for tasks that are to be deleted, in ms: every hour, or ten times in that age.
    var retentionSweepMs: Int64 {
        retentionDays > 0 ? Int64(min(max(retentionDays * 8_640_000, 1000), 3_600_000)) : 3_600_000
    }
    /// ``takeoverS`` in ms.
    var takeoverMs: Int64 { Int64((takeoverS * 1000).rounded()) }
    /// How old a leader's last renewal may become, in ms.
    var renewMs: Int64 { takeoverMs / DispatcherLimits.renewals }
}
