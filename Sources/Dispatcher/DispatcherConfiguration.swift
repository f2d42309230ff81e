import Messages

/// The settings of a dispatcher.
public struct DispatcherConfiguration: Sendable {
    /// The registry's endpoint, such as `ipc:///run/wegent/registry`.
    public var registry: String
    /// Where to listen: `tcp://HOST:PORT` (port 0 = a free one), `ipc://PATH` or `inproc://NAME`.
    public var bind: String
    /// Where others dial it, when it binds another address such as `tcp://0.0.0.0:…`; nil = the bound one.
    public var advertise: String?
    /// The directory of `dispatcher.db`; created when it is missing.
    public var dataDirectory: String
    /// Seconds that a device may be away before its tasks fail; 0 = at once.
    public var graceS: Double
    /// Seconds without a message from a leader after which an executor ends an attempt; 0 = never.
    public var leaseS: Double
    /// Seconds of a stopped attempt between the interrupt and the kill.
    public var stopGraceS: Double
    /// Seconds before an unanswered permission request is denied.
    public var approvalS: Double
    /// Days after which tasks that have ended are deleted, with all that belongs to them; 0 = never.
    public var retentionDays: Double
    /// MiB of events that a task may write before it is stopped; 0 = no limit.
    public var taskLogMB: Int
    /// MiB of events that all tasks of an owner may have; 0 = no limit.
    public var userLogMB: Int
    /// Seconds without a renewal of the lease after which a standby takes it from a frozen leader. The same for all
    /// dispatchers on one data directory.
    public var takeoverS: Double
    /// Seconds that a stop waits for the last commits.
    public var drainS: Double

    /// - Parameter leaseS: nil = `graceS` + 15 s.
    public init(
        registry: String, bind: String = "inproc://dispatcher", dataDirectory: String, graceS: Double = 30,
        leaseS: Double? = nil, stopGraceS: Double = 5, takeoverS: Double = 15, drainS: Double = 5,
        approvalS: Double = 600, retentionDays: Double = 0, taskLogMB: Int = 1024, userLogMB: Int = 0,
        advertise: String? = nil
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
        self.taskLogMB = taskLogMB
        self.userLogMB = userLogMB
    }

    /// The time between two sweeps of what is old or deleted, in ms: an hour, or a tenth of ``retentionDays`` if that is less.
    var retentionSweepMs: Int64 {
        retentionDays > 0 ? Int64(min(max(retentionDays * 8_640_000, 1000), 3_600_000)) : 3_600_000
    }
    /// How much tasks may write.
    var logLimits: LogLimits { LogLimits(taskMB: taskLogMB, userMB: userLogMB) }
    /// ``takeoverS`` in ms.
    var takeoverMs: Int64 { Int64((takeoverS * 1000).rounded()) }
    /// The age at which the leader renews its lease, in ms.
    var renewMs: Int64 { takeoverMs / DispatcherLimits.renewals }
    /// How long a stop waits for its confirmation, in ms.
    var cancelMs: Int64 { Int64((stopGraceS * 1000).rounded()) + DispatcherLimits.cancelExtraMs }

    /// Returns the choices in force for a task: those asked for, then its owner's defaults, then the service's.
    func resolve(_ asked: Choices?, defaults: Choices) -> Choices {
        var standard = Choices.standard
        standard.graceS = graceS
        return (asked ?? Choices()).filled(from: defaults).filled(from: standard)
    }

    /// Returns choices in the dispatcher's terms.
    func policy(_ choices: Choices) -> Policy { Policy(choices, graceS: graceS, leaseS: leaseS) }
}
