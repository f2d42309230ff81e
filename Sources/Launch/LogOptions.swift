import Logging

/// The log options of a process, which always logs to standard error.
public struct LogOptions: Sendable, Equatable {
    /// The lowest level to log, `trace` to `critical`.
    public var level: Logger.Level
    /// Whether entries are JSON (see ``LogFormat``).
    public var json: Bool

    public init(level: Logger.Level = .info, json: Bool = false) {
        self.level = level
        self.json = json
    }
}
