import Executor

/// What `wegent up` was asked for, after flags, environment and defaults.
struct UpSettings: Sendable {
    /// Where everything is kept; absolute.
    var data: String
    /// The address to listen on.
    var host: String
    /// 0 = a free one.
    var port: Int
    /// Print the one line for programs instead of the summary.
    var json: Bool
    /// Run and show a first task.
    var firstTask: Bool
    /// Seconds that a person has to answer what an agent asks for.
    var approvalS: Double
    /// Days after which ended tasks are deleted; 0 = never.
    var retentionDays: Double
    /// This machine as a device; nil with `--no-executor`. Address and token are filled in when they are known.
    var executor: ExecutorConfiguration?
    /// The environment of this process.
    var environment: [String: String]
}
