import Executor

/// The settings of `wegent up`, from flags, environment and defaults.
struct UpSettings: Sendable {
    /// The data directory, an absolute path.
    var data: String
    /// The address to listen on.
    var host: String
    /// The port to listen on; 0 = a free one.
    var port: Int
    /// Whether to print one line of JSON instead of the summary.
    var json: Bool
    /// Whether to run and show a first task.
    var firstTask: Bool
    /// Seconds until an unanswered permission request is denied.
    var approvalS: Double
    /// Days until an ended task is deleted; 0 = never.
    var retentionDays: Double
    /// This machine as a device; nil with `--no-executor`. Address and token are set after the gateway has started.
    var executor: ExecutorConfiguration?
    /// The environment of this process.
    var environment: [String: String]
}
