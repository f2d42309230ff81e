import ArgumentParser

/// The flags that every binary has for its log; take them in with `@OptionGroup`.
public struct LogArguments: ParsableArguments {
    @Option(help: "The lowest level that is logged (or WEGENT_LOG_LEVEL). Default: info")
    public var logLevel: LogLevel?

    @Option(help: "The form of the log on standard error (or WEGENT_LOG_FORMAT). Default: console")
    public var logFormat: LogFormat?

    public init() {}

    /// What is in force: the flags, else the environment, else the defaults.
    /// - Throws: `ValidationError` that names a variable with a value that is not allowed.
    public func options(_ environment: Setting = .process) throws -> LogOptions {
        LogOptions(
            level: try environment.value(logLevel, "WEGENT_LOG_LEVEL")?.level ?? .info,
            json: try environment.value(logFormat, "WEGENT_LOG_FORMAT") == .json)
    }
}
