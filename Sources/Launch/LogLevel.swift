import ArgumentParser
import Logging

/// The lowest level that is logged, as it is said on a command line.
public enum LogLevel: String, CaseIterable, Sendable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    /// The same in the log's own terms.
    public var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
