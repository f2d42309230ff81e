import ArgumentParser
import Logging

/// A log level as a command-line value.
public enum LogLevel: String, CaseIterable, Sendable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    /// The same as a swift-log level.
    public var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
