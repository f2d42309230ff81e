import ArgumentParser

/// The log flags of every binary; include them with `@OptionGroup`.
public struct LogArguments: ParsableArguments {
    @Option(help: "Lowest level to log (or WEGENT_LOG_LEVEL). Default: info")
    public var logLevel: LogLevel?

    @Option(help: "Format of the log on standard error (or WEGENT_LOG_FORMAT). Default: console")
    public var logFormat: LogFormat?

    public init() {}

    /// Returns the flags' values, else the environment's, else the defaults.
    /// - Throws: `ValidationError` that names a variable with an invalid value.
    public func options(_ environment: Setting = .process) throws -> LogOptions {
        LogOptions(
            level: try environment.value(logLevel, "WEGENT_LOG_LEVEL")?.level ?? .info,
            json: try environment.value(logFormat, "WEGENT_LOG_FORMAT") == .json)
    }
}
